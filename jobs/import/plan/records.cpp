#include "jobs/import/plan/records.hpp"

#include "core/base/text.hpp"

#include <utility>

namespace harmonia::importing {

Reject make_reject(const importers::Place& place, Problem problem, std::string_view raw,
                   std::string_view whole) {
    Reject reject{place, std::move(problem), mask_digits(printable(raw, k_reject_bytes_max)), true};
    reject.exact = reject.raw == whole;
    reject.problem.detail = mask_digits(printable(reject.problem.detail));
    return reject;
}

template <typename Give>
Expected<importers::Added> Adder::add_or_try(importers::Block& block, std::string_view raw,
                                             Give give) {
    if (raw.find('\0') == std::string_view::npos)
        return give(block);
    if (trial_ == nullptr)
        trial_ = session_.new_block();
    auto added = give(*trial_);
    trial_->clear();
    if (added && *added == importers::Added::kept)
        return bad("bad_encoding", {}, "the record holds a NUL character");
    return added;
}

Expected<importers::Added> Adder::add(importers::Block& block, const importers::Place& place,
                                      std::string_view raw, std::span<const expr::Value> fields) {
    return add_or_try(
        block, raw,
        [&](importers::Block& into) {
            return session_.add(into, place, raw, fields, occurrences_);
        });
}

Expected<importers::Added> Adder::add(importers::Block& block, const importers::Place& place,
                                      const broker::Delivery& message, std::string_view raw,
                                      std::span<const expr::Value> fields) {
    return add_or_try(
        block, message.body,
        [&](importers::Block& into) {
            return session_.add_message(into, place, message, raw, fields, occurrences_);
        });
}

Records::Records(const importers::Format& format, importers::SinkSession& session,
                 importers::OccurrenceCounter& occurrences,
                 std::unique_ptr<importers::ByteSource> bytes)
    : format_(format), adder_(session, occurrences), reader_(format.reader(std::move(bytes))),
      fields_(format.fields().size()) {}

Records::Kind Records::next(importers::Block& block) {
    const auto more = reader_->next(raw_);
    if (more && !*more)
        return Kind::end;
    if (parser_ == nullptr)
        parser_ = format_.parser(reader_->header());
    arena_.reset();
    storable_ = parser_->storable(raw_.bytes, arena_);
    if (!more)
        return refuse(more.error());
    if (auto parsed = parser_->parse(raw_.bytes, fields_, arena_); !parsed)
        return refuse(std::move(parsed.error()));
    auto added = adder_.add(block, {raw_.number, raw_.line, raw_.offset, storable_.secrets_dropped},
                            storable_.text, fields_);
    if (!added)
        return refuse(std::move(added.error()));
    switch (*added) {
    case importers::Added::kept:
        return Kind::kept;
    case importers::Added::skipped:
        return Kind::skipped;
    case importers::Added::skipped_warned:
        break;
    }
    return Kind::skipped_warned;
}

bool Records::skip() {
    const auto more = reader_->next(raw_);
    return !more || *more;
}

Records::Kind Records::refuse(Problem problem) {
    reject_ = make_reject({raw_.number, raw_.line, raw_.offset}, std::move(problem), storable_.text,
                          raw_.bytes);
    return Kind::rejected;
}

} // namespace harmonia::importing
