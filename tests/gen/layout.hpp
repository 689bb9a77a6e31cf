// One feed's layout: how a purchase is written as one record of it, and what an import must store
// from it. Adding a layout is one class and one line in layouts.cpp.
#pragma once

#include "tests/gen/truth.hpp"
#include "tests/gen/world.hpp"

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace harmonia::gen {

/// Ways to spoil a record. Each layout offers those that make sense for it.
enum class Defect : std::uint8_t {
    none,
    bad_date,     ///< a date that is none
    bad_amount,   ///< letters in the amount
    no_amount,    ///< blank amount, or the member is missing
    no_id,        ///< the transaction id is missing
    short_record, ///< cut off: a line too short, or columns missing
    broken,       ///< JSON that does not parse
    not_object,   ///< JSON that is no object
};

/// A defect with the reason code and the input field that the import must name.
struct DefectKind {
    Defect defect;
    std::string_view code, field;
};

/// Those of a JSON record whose members have these names.
constexpr std::array<DefectKind, 6> json_defects(std::string_view id, std::string_view date,
                                                 std::string_view amount) {
    return {{
        {Defect::bad_date, "bad_date", date},
        {Defect::bad_amount, "bad_amount", amount},
        {Defect::no_amount, "missing_field", amount},
        {Defect::no_id, "missing_field", id},
        {Defect::broken, "bad_json", ""},
        {Defect::not_object, "bad_json", ""},
    }};
}

class Layout {
public:
    virtual ~Layout() = default;
    Layout(const Layout&) = delete;
    Layout& operator=(const Layout&) = delete;

    std::string_view name;          ///< feed
    std::string_view feed_type;     ///< AUTH, SETTLED, REFUND, MERCHANT
    std::optional<Network> network; ///< of a network's feed; merchants' have none
    std::string_view line_end = "\n";

    /// Lines before and after the records; the number of leading lines.
    virtual std::uint64_t begin(const World&, std::string&) const { return 0; }
    virtual void end(const World&, std::string&, std::uint64_t /*records*/) const {}
    /// The record without its line end.
    virtual void write(const World& world, const Purchase& purchase, Defect defect,
                       std::string& out) const = 0;
    /// What must be stored from it when it has no defect; `out` was reset.
    virtual void expect(const World& world, const Purchase& purchase, TruthRow& out) const = 0;
    [[nodiscard]] virtual std::span<const DefectKind> defects() const = 0;
    /// A record that the feed's filters leave out. False: the feed has no such thing.
    virtual bool write_skipped(const World&, const Purchase&, std::string&) const { return false; }

protected:
    Layout(std::string_view feed, std::string_view type, std::optional<Network> of)
        : name(feed), feed_type(type), network(of) {}
};

/// Every layout there is, in the order --help shows.
[[nodiscard]] const std::vector<std::unique_ptr<const Layout>>& layouts();
[[nodiscard]] const Layout&
layout_named(std::string_view name); ///< Error(usage), with a suggestion

std::vector<std::unique_ptr<const Layout>> visa_layouts();
std::vector<std::unique_ptr<const Layout>> mastercard_layouts();
std::vector<std::unique_ptr<const Layout>> amex_layouts();
std::vector<std::unique_ptr<const Layout>> queue2018_layouts();
std::vector<std::unique_ptr<const Layout>> merchant_layouts();

/// The MID, identifying type and text of a payment whose feed carries only PRIMARY, or all three
/// types.
void expect_identified(const World& world, const Purchase& purchase, bool primary_only,
                       TruthRow& out);
void append_purchase_mid(const World& world, const Purchase& purchase, std::string& out);
/// Stream for choices of form (order of members, number or text) that no truth depends on.
[[nodiscard]] Rng form_of(const World& world, const Layout& layout, const Purchase& purchase);
/// `"name":"value"` with a comma before it unless the object just opened. Values need no escapes.
void member(std::string& out, std::string_view name, std::string_view value);
void raw_member(std::string& out, std::string_view name, std::string_view json);
/// Cuts the record in the middle, for Defect::broken.
void break_json(std::string& out, std::size_t start);

} // namespace harmonia::gen
