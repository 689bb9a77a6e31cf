// The map of a feed of transactions, compiled: what each field of a MappedRecord is made of, and
// the filters.
#pragma once

#include "core/expr/expr.hpp"
#include "importers/map/declaration.hpp"
#include "importers/map/map_shorthand.hpp"
#include "importers/map/mapped_record.hpp"
#include "importers/map/output.hpp"

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace harmonia::importers {

enum class UnknownNetwork { reject, skip_silently, skip_warned };

class TransactionMap {
public:
    /// Reads the map, the filters and every key that affects them. Afterwards the used fields are
    /// known, but not their places. Error(config).
    TransactionMap(const Declaration& declaration, FeedType type);

    [[nodiscard]] const std::vector<std::string>& used() const { return shorthand_.used(); }
    /// Binds the fields to their places in a parsed record. `untag`: values may be tagged JSON
    /// (core/expr/json.hpp). Error(config) for wrong types and unknown names.
    void bind(const std::vector<std::string>& fields, bool untag);

    /// Problem: the record is bad.
    [[nodiscard]] Expected<Verdict> map(std::span<const expr::Value> fields,
                                        const MapContext& context, MappedRecord& out,
                                        expr::Arena& arena) const;
    /// Whether a time zone depends on the merchant: then identify() comes before map().
    [[nodiscard]] bool zone_by_merchant() const { return shorthand_.zone_by_merchant(); }
    /// The identifiers only. Cheap.
    [[nodiscard]] Identifiers identify(std::span<const expr::Value> fields,
                                       expr::Arena& arena) const;

private:
    struct Entry {
        config::Value where; ///< for mistakes found later
        expr::Node node;
        expr::Program program;
        std::string input; ///< the only field it reads, as people know it; else the output's name
        bool literal = false;
    };
    struct Filter {
        Entry entry;
        bool keeps = false; ///< keep: everything else is left out
        bool late = false;  ///< looks at mapped values
        Verdict verdict = Verdict::skip_silently;
    };
    class Run;

    void read_kv(const Declaration& declaration);
    void read_map(const Declaration& declaration);
    void read_filters(const Declaration& declaration);
    void add(const std::string& name, const config::Value& value);
    void add_node(Output output, const config::Value& where, expr::Node node);
    void add_identifiers(const Entries& identifiers);
    void add_mids(const config::Value& value);
    void check_complete(const Declaration& declaration, FeedType type) const;
    void compile(Entry& entry, std::span<const expr::Name> names, const char* output,
                 expr::Type wanted);
    [[nodiscard]] const std::optional<Entry>& entry(Output output) const {
        return entries_[static_cast<std::size_t>(output)];
    }
    [[nodiscard]] std::span<expr::Value> row(std::span<const expr::Value> fields,
                                             const MapContext& context, expr::Arena& arena) const;

    std::vector<std::pair<std::string, std::string>> shown_; ///< path → name for people
    std::optional<config::Value> zone_;
    MapShorthand shorthand_;
    std::array<std::optional<Entry>, k_outputs> entries_;
    std::vector<Entry> mids_;
    std::vector<Filter> filters_;
    std::vector<std::string> ignored_identifiers_{"", "0"};
    UnknownNetwork unknown_network_ = UnknownNetwork::reject;
    bool has_time_ = true, negative_ = false, require_all_ = false, untag_ = false;
    bool payment_ = false; ///< not a merchant's feed
};

} // namespace harmonia::importers
