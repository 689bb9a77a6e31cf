// C++ as text: its string literals, and what is left without them and without comments.
#include "tests/unit/tidy/tree.hpp"

namespace harmonia::tidy {
namespace {

/// Reads one file from its first character to its last, knowing comments, raw and plain strings.
class Scanner {
public:
    explicit Scanner(const File& file) {
        for (const std::string& line : file.lines)
            text_ += line + '\n';
        code_.resize(file.lines.size());
    }

    void run() {
        while (at_ < text_.size())
            if (starts("//"))
                skip_until("\n");
            else if (starts("/*"))
                skip_until("*/");
            else if (raw_string_begins())
                read_raw();
            else if (text_[at_] == '"')
                read_plain();
            else if (text_[at_] == '\'' && (at_ == 0 || std::isalnum(byte(at_ - 1)) == 0))
                read_character();
            else
                take();
    }

    std::vector<std::string> code_;
    std::vector<Literal> literals_;

private:
    [[nodiscard]] int byte(std::size_t at) const { return static_cast<unsigned char>(text_[at]); }
    [[nodiscard]] bool starts(std::string_view what) const {
        return text_.compare(at_, what.size(), what) == 0;
    }
    [[nodiscard]] bool raw_string_begins() const {
        return starts("R\"") && (at_ == 0 || std::isalnum(byte(at_ - 1)) == 0);
    }

    void step() {
        if (text_[at_] == '\n')
            ++line_;
        ++at_;
    }
    void skip_until(std::string_view end) {
        while (at_ < text_.size() && !starts(end))
            step();
        if (end != "\n")
            for (std::size_t i = 0; i < end.size() && at_ < text_.size(); ++i)
                step();
    }
    void take() {
        if (text_[at_] != '\n') {
            code_[line_] += text_[at_];
            adjoins_ = adjoins_ && (text_[at_] == ' ' || text_[at_] == '\t');
        }
        step();
    }
    void add(std::size_t line, std::string text, bool raw) {
        literals_.push_back({line, std::move(text), raw, adjoins_});
        adjoins_ = true;
    }

    void read_raw() {
        const std::size_t line = line_, open = text_.find('(', at_);
        if (open == std::string::npos)
            return step();
        const std::string end = ")" + text_.substr(at_ + 2, open - at_ - 2) + "\"";
        const std::size_t close = text_.find(end, open);
        const std::size_t last = close == std::string::npos ? text_.size() : close + end.size();
        add(line, text_.substr(open + 1, last - end.size() - open - 1), true);
        while (at_ < last)
            step();
    }
    void read_plain() {
        const std::size_t line = line_;
        std::string text;
        step();
        while (at_ < text_.size() && text_[at_] != '"' && text_[at_] != '\n') {
            if (text_[at_] == '\\' && at_ + 1 < text_.size())
                text += text_[at_], step();
            text += text_[at_];
            step();
        }
        if (at_ < text_.size())
            step();
        add(line, std::move(text), false);
    }
    void read_character() {
        step();
        while (at_ < text_.size() && text_[at_] != '\'' && text_[at_] != '\n') {
            if (text_[at_] == '\\')
                step();
            step();
        }
        if (at_ < text_.size())
            step();
        adjoins_ = false;
    }

    std::string text_;
    std::size_t at_ = 0, line_ = 0;
    bool adjoins_ = false; ///< only blanks since the last literal
};

} // namespace

std::vector<std::string> bare_code(const File& file) {
    Scanner scanner(file);
    scanner.run();
    return scanner.code_;
}

std::vector<Literal> literals(const File& file) {
    Scanner scanner(file);
    scanner.run();
    return scanner.literals_;
}

} // namespace harmonia::tidy
