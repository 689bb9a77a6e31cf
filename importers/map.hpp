// A feed's map, compiled: what each field of a MappedRecord is made of, and the filters.
#pragma once

#include "core/expr/expr.hpp"
#include "importers/feed.hpp"
#include "importers/feed_declaration.hpp"
#include "importers/map_sugar.hpp"

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace harmonia::importers {

/// What a map may fill, in the order of evaluation: the network first, since a row of an unknown
/// one may be left out unread. Texts longer than the tables allow are refused (`too_long`).
enum class Output : std::uint8_t {
    payment_provider,
    spend_currency,
    transaction_date,
    spend_amount,
    transaction_id,
    settlement_key,
    card_token,
    first_six,
    last_four,
    auth_code,
    approval_code,
    points_amount,
    points_multiplier,
    spend_multiplier,
    merchant_identifier_id,
    extra_fields,
    primary,
    secondary,
    psimi,
    location,
};
inline constexpr std::size_t k_outputs = 20;

enum class UnknownNetwork { reject, skip_silently, skip_warned };

class CompiledMap {
public:
    /// Reads map, filters and all that bears on them. The fields it uses are known then, not yet
    /// their places. Error(config).
    CompiledMap(const Declaration& declaration, FeedType type);

    [[nodiscard]] const std::vector<std::string>& used() const { return sugar_.used(); }
    /// Binds the fields to their places in a split record. Error(config) for mistakes of types and
    /// names.
    void bind(const std::vector<std::string>& fields, bool untag);

    [[nodiscard]] Expected<Verdict> map(std::span<const expr::Value> fields,
                                        const Feed::Context& context, MappedRecord& out,
                                        expr::Arena& arena) const;
    [[nodiscard]] bool zone_by_merchant() const { return sugar_.zone_by_merchant(); }
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
                                             const Feed::Context& context,
                                             expr::Arena& arena) const;

    std::vector<std::pair<std::string, std::string>> shown_; ///< path → name for people
    std::optional<config::Value> zone_;
    MapSugar sugar_;
    std::array<std::optional<Entry>, k_outputs> entries_;
    std::vector<Entry> mids_;
    std::vector<Filter> filters_;
    std::vector<std::string> ignored_identifiers_{"", "0"};
    UnknownNetwork unknown_network_ = UnknownNetwork::reject;
    bool has_time_ = true, negative_ = false, require_all_ = false, untag_ = false;
    bool payment_ = false; ///< not a merchant's feed
};

} // namespace harmonia::importers
