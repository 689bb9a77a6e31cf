#include "jobs/import/files/survey.hpp"

#include "core/base/hash.hpp"

#include <algorithm>

namespace harmonia::importing {
namespace {

/// Digests and counts what passes through it.
class Digesting : public importers::ByteSource {
public:
    Digesting(std::unique_ptr<importers::ByteSource> inner, Sha256& digest, std::uint64_t& bytes)
        : inner_(std::move(inner)), digest_(digest), bytes_(bytes) {}
    std::size_t read(char* into, std::size_t size) override {
        const std::size_t got = inner_->read(into, size);
        digest_.update({into, got});
        bytes_ += got;
        return got;
    }

private:
    std::unique_ptr<importers::ByteSource> inner_;
    Sha256& digest_;
    std::uint64_t& bytes_;
};

void read_records(Records& records, importers::Block& scratch, Survey& survey,
                  const std::vector<std::uint64_t>& offsets, const Watcher& watch) {
    while (true) {
        const Records::Kind kind = records.next(scratch);
        if (kind == Records::Kind::end)
            break;
        ++survey.finding.records;
        if (kind == Records::Kind::kept) {
            ++survey.kept;
        } else if (kind == Records::Kind::rejected) {
            ++survey.finding.rejected;
            if (survey.rejects.size() < k_refused_rejects_max)
                survey.rejects.push_back(records.reject());
        } else {
            ++survey.skipped;
        }
        if (std::find(offsets.begin(), offsets.end(), records.raw().next) != offsets.end())
            survey.numbers_at.emplace_back(records.raw().next, records.raw().number);
        if (survey.finding.records % k_records_per_check == 0) {
            scratch.clear();
            watch(survey.bytes, survey.finding.records);
        }
    }
}

} // namespace

Survey survey(const importers::Feed& feed, importers::SinkSession& session,
              importers::OccurrenceCounter& occurrences, const std::string& path,
              const std::vector<std::uint64_t>& offsets, const Watcher& watch) {
    Survey survey;
    survey.numbers_at.emplace_back(0, 0);
    Sha256 digest;
    Digesting rest(importers::open_file(path), digest, survey.bytes);
    // The format reads through one object; the bytes that it leaves unread are read through another
    // over the same file.
    struct Shared : importers::ByteSource {
        explicit Shared(Digesting& source) : all(source) {}
        std::size_t read(char* into, std::size_t size) override { return all.read(into, size); }
        Digesting& all;
    };
    const auto scratch = session.new_block();
    try {
        Records records(*feed.format, session, occurrences, std::make_unique<Shared>(rest));
        read_records(records, *scratch, survey, offsets, watch);
        survey.header = records.reader().header();
        if (const auto agrees = records.reader().check(); !agrees)
            survey.finding.broken = agrees.error();
    } catch (const Error& error) {
        if (error.exit() != Exit::data)
            throw;
        survey.finding.broken = Problem{"not_of_its_format", {}, error.what()};
    }
    char unread[4096];
    while (rest.read(unread, sizeof unread) > 0) {
    }
    survey.sha256 = digest.finish_hex();
    occurrences.start_counting();
    return survey;
}

} // namespace harmonia::importing
