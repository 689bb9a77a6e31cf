// One generated file and its truth, written side by side.
#pragma once

#include "tests/gen/layout.hpp"

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace harmonia::gen {

/// A file written in large pieces; `-` is standard output, an empty path swallows everything.
/// Failures throw Error(cannot_create | io).
class Output {
public:
    explicit Output(std::string path);
    std::string& buffer() { return buffer_; } ///< append here, then call flush_if_full()
    void flush_if_full();
    void close(); ///< writes the rest; the destructor does not
    [[nodiscard]] bool wanted() const { return file_ != nullptr; }

private:
    void flush();
    std::string path_, buffer_;
    std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
};

struct Counts {
    std::uint64_t records = 0, stored = 0, unidentified = 0, duplicate = 0, rejected = 0,
                  skipped = 0;
};
[[nodiscard]] std::string counts_json(std::string_view feed, const Counts& counts);

/// What becomes of a purchase in one feed.
struct Fate {
    const DefectKind* defect = nullptr; ///< null: the record is good
    bool duplicated = false;            ///< an earlier record is repeated after it
    bool skipped = false;               ///< a record that the feed leaves out follows it
};
[[nodiscard]] Fate fate_of(const World& world, const Layout& layout, std::uint64_t index);
/// Whether the payments of a purchase name an unknown identifier; the same in each feed.
[[nodiscard]] bool unknown_mid(const World& world, std::uint64_t index);

class FeedFile {
public:
    FeedFile(const World& world, const Layout& layout, std::string out_path,
             std::string truth_path);
    /// Writes the purchase's record, then what its fate adds. `counterpart` goes to the truth.
    /// Returns whether an import stores it as a payment or merchant row.
    bool add(const Purchase& purchase, const Fate& fate, std::string_view counterpart);
    /// The row that the last good add() must leave in the database.
    [[nodiscard]] const TruthRow& expected() const { return row_; }
    Counts finish();

private:
    struct Written {
        std::string bytes;
        TruthRow row;
    };
    void put(TruthRow& row); ///< numbers the record just written and notes its truth
    void repeat(std::uint64_t index);

    const World& world_;
    const Layout& layout_;
    Output out_, truth_;
    std::uint64_t leading_lines_ = 0;
    Counts counts_;
    TruthRow row_;
    std::vector<Written> recent_; ///< good records that may be repeated; bounded
    std::size_t next_recent_ = 0;
};

/// Command `--feed`: one feed's file. Returns what it wrote.
Counts generate_feed(const World& world, const Layout& layout, const std::string& out_path,
                     const std::string& truth_path);

} // namespace harmonia::gen
