// YAML to a tree of Values, strictly.
#include "core/base/error.hpp"
#include "core/base/text.hpp"
#include "core/config/config.hpp"
#include "core/config/node.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <map>
#include <sstream>

namespace harmonia::config {

namespace {

// A configuration is written by people: larger ones are mistakes (or attacks), and the parser is
// recursive.
constexpr std::size_t k_bytes_max = 4 * 1024 * 1024;
constexpr std::size_t k_depth_max = 50;

class Walker final : public YAML::EventHandler {
public:
    /// `yaml` is what the parser reads; marks count its bytes.
    Walker(std::string name, std::string_view yaml) : name_(std::move(name)), yaml_(yaml) {}

    [[nodiscard]] bool ended() const { return ended_; }
    [[nodiscard]] Value result() { return std::move(root_); }

    void OnDocumentStart(const YAML::Mark& mark) override {
        if (ended_)
            fail(mark, "a second document begins here", "Keep one document in a file.");
    }
    void OnDocumentEnd() override { ended_ = true; }

    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        refuse_anchor(mark, anchor);
        if (wants_key())
            fail(mark, "a key is empty");
        Value::Node node;
        place(node, mark);
        add(std::move(node));
    }

    void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { refuse_anchor(mark, 1); }

    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& text) override {
        refuse_anchor(mark, anchor);
        refuse_tag(mark, tag);
        if (tag == "!")
            refuse_open_quote(mark);
        if (wants_key())
            return key(mark, text, tag == "!");
        Value::Node node;
        place(node, mark);
        node.kind = Value::Kind::scalar;
        node.text = text;
        node.quoted = tag == "!";
        add(std::move(node));
    }

    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) override {
        open(mark, tag, anchor, Value::Kind::list);
    }
    void OnSequenceEnd() override { close(); }
    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value) override {
        open(mark, tag, anchor, Value::Kind::map);
    }
    void OnMapEnd() override { close(); }

private:
    struct Frame {
        Value::Node node;
        std::optional<std::string> key;     // read, its value not yet
        std::map<std::string, Origin> seen; // keys so far
    };

    Origin origin(const YAML::Mark& mark) const { return {name_, mark.line + 1, mark.column + 1}; }

    [[noreturn]] void fail(const YAML::Mark& mark, const std::string& what,
                           const std::string& hint = {}) const {
        throw Error(Exit::config, origin(mark).text() + ": " + what, hint);
    }

    void refuse_anchor(const YAML::Mark& mark, YAML::anchor_t anchor) const {
        if (anchor != 0)
            fail(mark, "anchors and aliases are not supported",
                 "Write the value out where it is used.");
    }

    void refuse_tag(const YAML::Mark& mark, const std::string& tag) const {
        if (!tag.empty() && tag != "?" && tag != "!")
            fail(mark, "tags are not supported", "Leave '" + printable(tag, 60) + "' out.");
    }

    /// yaml-cpp 0.7 accepts a quote that runs to the end of the file if that ends a line.
    void refuse_open_quote(const YAML::Mark& mark) const {
        const auto begin = static_cast<std::size_t>(mark.pos);
        const char quote = begin < yaml_.size() ? yaml_[begin] : '\0';
        for (std::size_t at = begin + 1; at < yaml_.size(); ++at) {
            const bool escape = quote == '"' ? yaml_[at] == '\\' : yaml_.substr(at, 2) == "''";
            if (escape)
                ++at;
            else if (yaml_[at] == quote)
                return;
        }
        fail(mark, "this quote is never closed");
    }

    [[nodiscard]] bool wants_key() const {
        return !frames_.empty() && frames_.back().node.kind == Value::Kind::map &&
               !frames_.back().key;
    }

    void key(const YAML::Mark& mark, const std::string& text, bool quoted) {
        Frame& frame = frames_.back();
        if (text == "<<" && !quoted)
            fail(mark, "merge keys are not supported", "Write the keys out where they are used.");
        const auto [earlier, fresh] = frame.seen.emplace(text, origin(mark));
        if (!fresh)
            fail(mark, "'" + printable(text, 60) + "' is given twice",
                 "It was first given at " + earlier->second.text() + ".");
        frame.key = text;
    }

    /// The place of the next node, in the file and in the tree.
    void place(Value::Node& node, const YAML::Mark& mark) const {
        node.origin = origin(mark);
        if (frames_.empty())
            return;
        const Frame& frame = frames_.back();
        node.path = frame.key ? child_path(frame.node.path, *frame.key)
                              : item_path(frame.node.path, frame.node.list.size());
    }

    void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
              Value::Kind kind) {
        refuse_anchor(mark, anchor);
        refuse_tag(mark, tag);
        if (wants_key())
            fail(mark, "a key must be a plain string");
        if (frames_.size() == k_depth_max)
            fail(mark, "nested deeper than " + std::to_string(k_depth_max) + " levels");
        Frame frame;
        place(frame.node, mark);
        frame.node.kind = kind;
        frames_.push_back(std::move(frame));
    }

    void close() {
        Value::Node node = std::move(frames_.back().node);
        frames_.pop_back();
        add(std::move(node));
    }

    void add(Value::Node node) {
        Value value = make_value(std::move(node));
        if (frames_.empty()) {
            root_ = std::move(value);
            return;
        }
        Frame& frame = frames_.back();
        if (frame.node.kind == Value::Kind::list) {
            frame.node.list.push_back(std::move(value));
        } else {
            frame.node.map.emplace_back(std::move(*frame.key), std::move(value));
            frame.key.reset();
        }
    }

    std::string name_;
    std::string_view yaml_;
    std::vector<Frame> frames_;
    Value root_;
    bool ended_ = false;
};

[[noreturn]] void fail_at(const std::string& name, std::string_view text, std::size_t offset,
                          const std::string& what, const std::string& hint) {
    Origin origin{name, 1, 1};
    for (std::size_t i = 0; i < offset; ++i) {
        origin.column = text[i] == '\n' ? 1 : origin.column + 1;
        origin.line += text[i] == '\n' ? 1 : 0;
    }
    throw Error(Exit::config, origin.text() + ": " + what, hint);
}

void refuse_bad_bytes(const std::string& name, std::string_view text) {
    if (text.size() > k_bytes_max)
        throw Error(Exit::config, name + ": larger than " + std::to_string(k_bytes_max) + " bytes");
    if (const std::size_t bad = find_bad_utf8(text); bad != std::string_view::npos)
        fail_at(name, text, bad, "not UTF-8 text", "Save the file as UTF-8.");
    bool leading = true; // among the blanks that begin a line
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (leading && text[i] == '\t')
            fail_at(name, text, i, "a tab indents this line", "YAML is indented with spaces.");
        leading = text[i] == '\n' || (leading && text[i] == ' ');
    }
}

} // namespace

Value parse(std::string_view yaml, const std::string& name) {
    if (yaml.starts_with("\xEF\xBB\xBF"))
        yaml.remove_prefix(3);
    refuse_bad_bytes(name, yaml);
    std::istringstream stream{std::string(yaml)};
    Walker walker(name, yaml);
    try {
        YAML::Parser parser(stream);
        while (parser.HandleNextDocument(walker)) {
        }
    } catch (const YAML::Exception& error) {
        const Origin origin{name, error.mark.line + 1, error.mark.column + 1};
        throw Error(Exit::config, origin.text() + ": malformed YAML: " + to_lower(error.msg));
    }
    return walker.result();
}

} // namespace harmonia::config
