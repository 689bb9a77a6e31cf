#include "tests/gen/feed_file.hpp"

#include "core/base/error.hpp"
#include "tests/gen/text.hpp"

#include <cerrno>
#include <cstring>

namespace harmonia::gen {
namespace {

constexpr std::size_t k_piece_bytes = 1 << 20; ///< large enough that system calls do not count
constexpr std::size_t k_recent_records = 64;   ///< how far back a repeated record may lie

int close_nothing(std::FILE*) {
    return 0;
}

} // namespace

Output::Output(std::string path) : path_(std::move(path)), file_(nullptr, &close_nothing) {
    if (path_ == "-") {
        file_ = {stdout, &close_nothing};
    } else if (!path_.empty()) {
        file_ = {std::fopen(path_.c_str(), "wb"), &std::fclose};
        if (!file_) {
            throw Error(Exit::cannot_create,
                        "cannot create " + path_ + ": " + std::strerror(errno));
        }
    }
}

void Output::flush_if_full() {
    if (buffer_.size() >= k_piece_bytes)
        flush();
}

void Output::flush() {
    if (file_ && std::fwrite(buffer_.data(), 1, buffer_.size(), file_.get()) != buffer_.size())
        throw Error(Exit::io, "cannot write " + path_ + ": " + std::strerror(errno));
    buffer_.clear();
}

void Output::close() {
    flush();
    if (file_ && std::fflush(file_.get()) != 0)
        throw Error(Exit::io, "cannot write " + path_ + ": " + std::strerror(errno));
    file_.reset();
}

std::string counts_json(std::string_view feed, const Counts& counts) {
    std::string out = "{\"feed\": \"" + std::string(feed) + '"';
    const auto count = [&](const char* name, std::uint64_t value) {
        out += std::string(", \"") + name + "\": ";
        append_int(out, static_cast<std::int64_t>(value));
    };
    count("records", counts.records);
    count("stored", counts.stored);
    count("unidentified", counts.unidentified);
    count("duplicate", counts.duplicate);
    count("rejected", counts.rejected);
    count("skipped", counts.skipped);
    return out + "}\n";
}

Fate fate_of(const World& world, const Layout& layout, std::uint64_t index) {
    const auto& settings = world.settings();
    Rng rng(settings.seed, stream_of(layout.name) + 2, index);
    Fate fate;
    if (rng.chance(settings.bad_rate)) {
        const auto kinds = layout.defects();
        fate.defect = &kinds[rng.below(kinds.size())];
    }
    fate.duplicated = rng.chance(settings.dup_rate);
    fate.skipped = rng.chance(settings.skip_rate);
    return fate;
}

bool unknown_mid(const World& world, std::uint64_t index) {
    return Rng(world.settings().seed, stream_of("unknown mid"), index)
        .chance(world.settings().unknown_mid_rate);
}

FeedFile::FeedFile(const World& world, const Layout& layout, std::string out_path,
                   std::string truth_path)
    : world_(world), layout_(layout), out_(std::move(out_path)), truth_(std::move(truth_path)) {
    leading_lines_ = layout_.begin(world_, out_.buffer());
    truth_.buffer() += truth_header();
    row_.keys_wanted = truth_.wanted();
}

void FeedFile::put(TruthRow& row) {
    row.record = ++counts_.records;
    row.line = leading_lines_ + row.record;
    switch (row.state) {
    case State::stored:
        ++counts_.stored;
        break;
    case State::unidentified:
        ++counts_.unidentified;
        break;
    case State::duplicate:
        ++counts_.duplicate;
        break;
    case State::rejected:
        ++counts_.rejected;
        break;
    case State::skipped:
        ++counts_.skipped;
        break;
    }
    if (truth_.wanted()) {
        append_truth(truth_.buffer(), row);
        truth_.flush_if_full();
    }
    out_.flush_if_full();
}

bool FeedFile::add(const Purchase& purchase, const Fate& fate, std::string_view counterpart) {
    auto& out = out_.buffer();
    const auto start = out.size();
    row_.reset();
    layout_.write(world_, purchase, fate.defect ? fate.defect->defect : Defect::none, out);
    out += layout_.line_end;
    layout_.expect(world_, purchase, row_);
    if (fate.defect) {
        row_.state = State::rejected;
        row_.code = fate.defect->code;
        row_.field = fate.defect->field;
    } else if (row_.state == State::stored) {
        row_.counterpart = counterpart;
    }
    if (!fate.defect && world_.settings().dup_rate > 0) {
        if (recent_.size() < k_recent_records)
            recent_.emplace_back();
        auto& slot = recent_[next_recent_++ % k_recent_records];
        slot.bytes.assign(out, start);
        slot.row = row_;
    }
    const bool stored = row_.state == State::stored;
    put(row_);
    if (fate.duplicated)
        repeat(purchase.index);
    if (fate.skipped && layout_.write_skipped(world_, purchase, out_.buffer())) {
        out_.buffer() += layout_.line_end;
        TruthRow row = row_;
        row.state = State::skipped;
        row.counterpart.clear();
        put(row);
    }
    return stored;
}

void FeedFile::repeat(std::uint64_t index) {
    if (recent_.empty())
        return;
    auto& chosen =
        recent_[Rng(world_.settings().seed, stream_of("repeat"), index).below(recent_.size())];
    out_.buffer() += chosen.bytes;
    TruthRow row = chosen.row;
    row.state = State::duplicate;
    row.counterpart.clear();
    put(row);
}

Counts FeedFile::finish() {
    layout_.end(world_, out_.buffer(), counts_.records);
    out_.close();
    truth_.close();
    return counts_;
}

Counts generate_feed(const World& world, const Layout& layout, const std::string& out_path,
                     const std::string& truth_path) {
    FeedFile file(world, layout, out_path, truth_path);
    Purchase purchase;
    for (std::uint64_t i = 0; i < world.settings().count; ++i) {
        world.purchase(i, purchase);
        if (layout.network && purchase.network != *layout.network)
            continue; // a world of several networks: the others' purchases are in the others' files
        purchase.unknown_mid = layout.network && unknown_mid(world, i);
        const bool pairs =
            purchase.counterpart == Counterpart::matched && layout.feed_type != "REFUND";
        const std::string_view other =
            layout.feed_type == "MERCHANT" ? purchase.id : purchase.merchant_id;
        file.add(purchase, fate_of(world, layout, i), pairs ? other : std::string_view());
    }
    return file.finish();
}

} // namespace harmonia::gen
