#include "core/base/error.hpp"
#include "core/base/text.hpp"
#include "tests/gen/layout.hpp"

namespace harmonia::gen {
namespace {

using Layouts = std::vector<std::unique_ptr<const Layout>>;

Layouts all() {
    Layouts list;
    for (auto* make :
         {visa_layouts, mastercard_layouts, amex_layouts, queue2018_layouts, merchant_layouts})
        for (auto& layout : make())
            list.push_back(std::move(layout));
    return list;
}

} // namespace

const Layouts& layouts() {
    static const Layouts list = all();
    return list;
}

const Layout& layout_named(std::string_view name) {
    std::vector<std::string> names;
    for (const auto& layout : layouts()) {
        if (layout->name == name)
            return *layout;
        names.emplace_back(layout->name);
    }
    const auto near = nearest(name, names);
    throw Error(Exit::usage, "unknown feed '" + std::string(name) + "'",
                near ? "Did you mean '" + *near + "'?" : "Feeds are " + join(names, ", ") + ".");
}

void append_purchase_mid(const World& world, const Purchase& purchase, std::string& out) {
    if (purchase.unknown_mid)
        world.append_unknown_mid(out, purchase.index);
    else
        world.append_mid(out, purchase.network, purchase.store);
}

void expect_identified(const World& world, const Purchase& purchase, bool primary_only,
                       TruthRow& out) {
    append_purchase_mid(world, purchase, out.mid);
    const auto known = World::onboarded(purchase.network, purchase.store);
    if (purchase.unknown_mid || (primary_only && known != Onboarded::primary)) {
        out.state = State::unidentified;
        return;
    }
    switch (known) {
    case Onboarded::primary:
        out.identified_by = "PRIMARY";
        out.identifier = out.mid;
        break;
    case Onboarded::secondary:
        out.identified_by = "SECONDARY";
        world.append_store_id(out.identifier, purchase.network, purchase.store);
        break;
    case Onboarded::psimi:
        out.identified_by = "PSIMI";
        world.append_psimi(out.identifier, purchase.network);
        break;
    }
}

Rng form_of(const World& world, const Layout& layout, const Purchase& purchase) {
    return Rng(world.settings().seed, stream_of(layout.name) + 1, purchase.index);
}

void member(std::string& out, std::string_view name, std::string_view value) {
    if (out.back() != '{')
        out += ", ";
    out += '"';
    out += name;
    out += "\": \"";
    out += value;
    out += '"';
}

void raw_member(std::string& out, std::string_view name, std::string_view json) {
    if (out.back() != '{')
        out += ", ";
    out += '"';
    out += name;
    out += "\": ";
    out += json;
}

void break_json(std::string& out, std::size_t start) {
    out.resize(start + (out.size() - start) * 2 / 3);
}

} // namespace harmonia::gen
