#include "core/base/text.hpp"
#include "core/expr/function.hpp"
#include "core/time/civil.hpp"
#include "core/time/format.hpp"
#include "core/time/zone.hpp"

#include <optional>

namespace harmonia::expr::fn {

namespace {

// A zone written out is looked up once; a computed one (zone by merchant) at each use.
struct Prepared {
    const time::Zone* zone = nullptr;
    std::vector<time::TimeFormat> formats;
};

Expected<State> prepare(Literals literals) {
    auto made = std::make_shared<Prepared>();
    if (literals[1] != nullptr && literals[1]->type == Type::text) {
        made->zone = time::Zone::find(literals[1]->text);
        if (made->zone == nullptr) {
            return bad("bad_expression", {},
                       "unknown zone '" + printable(literals[1]->text, 60) + "'");
        }
    }
    for (const Value* literal : literals.subspan(2)) {
        auto format = time::TimeFormat::compile(literal->text);
        if (!format)
            return bad("bad_expression", {}, "date format: " + format.error().detail);
        made->formats.push_back(std::move(*format));
    }
    return made;
}

const time::Zone* zone_of(const Call& call) {
    const time::Zone* known = call.prepared<Prepared>().zone;
    return known != nullptr ? known : time::Zone::find(call.text(1));
}

Value unknown_zone(const Call& call) {
    return Value::error("bad_value",
                        call.arena.copy("unknown zone '" + printable(call.text(1), 60) + "'"));
}

Value bad_date(const Call& call) {
    return Value::error("bad_date",
                        call.arena.copy("no date or time: '" + printable(call.text(0), 60) + "'"));
}

std::optional<time::ParsedTime> read(const Call& call) {
    const auto& formats = call.prepared<Prepared>().formats;
    if (formats.empty())
        return time::parse_iso(call.text(0));
    for (const time::TimeFormat& format : formats)
        if (auto parsed = format.parse(call.text(0)))
            return parsed;
    return std::nullopt;
}

} // namespace

Expected<State> datetime_prepare(Literals literals) {
    return prepare(literals);
}
Value datetime(const Call& call) {
    if (call[0].type == Type::instant)
        return call[0];
    if (call[0].type != Type::text)
        return Value::error("bad_date", "a date must be a text");
    const time::Zone* zone = zone_of(call);
    if (zone == nullptr)
        return unknown_zone(call);
    const auto parsed = read(call);
    return parsed ? Value::of_instant(parsed->instant(*zone)) : bad_date(call);
}

Expected<State> iso_offset_prepare(Literals literals) {
    return prepare(literals);
}
Value iso_offset(const Call& call) {
    const time::Zone* zone = zone_of(call);
    if (zone == nullptr)
        return unknown_zone(call);
    std::optional<time::ParsedTime> parsed;
    if (call[0].type == Type::text)
        parsed = read(call);
    else if (call[0].type == Type::instant)
        parsed = time::ParsedTime{zone->to_local(call[0].integer), {}, true};
    if (!parsed)
        return bad_date(call);
    const std::int64_t instant = parsed->instant(*zone);
    const int offset = parsed->offset_seconds.value_or(zone->offset_seconds(instant));
    char* const at = call.arena.allocate(time::k_time_text_max);
    return Value::of_text({at, time::print_at_offset(instant, offset, at)});
}

Expected<State> day_text_prepare(Literals literals) {
    return prepare(literals);
}
Value day_text(const Call& call) {
    const time::Zone* zone = zone_of(call);
    if (zone == nullptr)
        return unknown_zone(call);
    char* const at = call.arena.allocate(time::k_time_text_max);
    return Value::of_text({at, time::print_date(zone->date_of(call[0].integer), at)});
}

Expected<State> date_of_prepare(Literals literals) {
    return prepare(literals);
}
Value date_of(const Call& call) {
    const time::Zone* zone = zone_of(call);
    return zone == nullptr ? unknown_zone(call) : Value::of_date(zone->date_of(call[0].integer));
}

Value epoch(const Call& call) {
    const std::int64_t micros = call[0].integer;
    return Value::of(micros / time::k_second_us - (micros % time::k_second_us < 0 ? 1 : 0));
}

} // namespace harmonia::expr::fn
