#include "tests/gen/day.hpp"

#include "core/base/error.hpp"

#include <array>
#include <filesystem>
#include <map>

namespace harmonia::gen {
namespace {

constexpr double k_auth_share = 0.3;    ///< purchases whose authorisation we were sent
constexpr double k_settled_share = 0.8; ///< of those, settled by now; all others are settled
constexpr double k_hold_share = 0.1;    ///< authorised for a token amount, settled for the real one
constexpr double k_refund_share = 0.02; ///< of Visa's
constexpr double k_absent_share = 0.5; ///< of what must not match: the merchant knows nothing of it
constexpr std::uint64_t k_purchases_a_scenario = 250;

std::string file_name(const Layout& layout) {
    const std::string name(layout.name);
    if (layout.line_end == "\r\n")
        return name + ".csv";
    return name + (layout.name == "mastercard-settled" ? ".tgx2" : ".jsonl");
}

class Day {
public:
    Day(const World& world, std::filesystem::path directory)
        : world_(world), planned_(visa_only(world)), directory_(std::move(directory)),
          pairs_((directory_ / "truth" / "pairs.tsv").string()) {
        pairs_.buffer() += "provider\tfeed_type\ttransaction_id\tmerchant_transaction_id\n";
        for (const auto* name : {"visa-auth", "visa-settled", "visa-refund", "mastercard-auth",
                                 "mastercard-settled", "amex-auth", "amex-settled"})
            open(name);
        open(world.settings().merchant);
        merchant_ = &file(world.settings().merchant);
    }

    void purchase(std::uint64_t index) {
        world_.purchase(index, p_);
        p_.unknown_mid = unknown_mid(world_, index);
        Rng rng(world_.settings().seed, stream_of("day"), index);
        const bool authorised = rng.chance(k_auth_share);
        const bool settled = !authorised || rng.chance(k_settled_share);
        const bool hold = settled && authorised && rng.chance(k_hold_share);
        const bool refunded = settled && p_.network == Network::visa && rng.chance(k_refund_share);
        const bool absent = p_.counterpart != Counterpart::matched && rng.chance(k_absent_share);
        const bool wanted = p_.counterpart == Counterpart::matched;
        const std::string_view counterpart = wanted ? std::string_view(p_.merchant_id) : "";

        const bool at_merchant =
            !absent && add(*merchant_, world_.settings().merchant, wanted ? p_.id : "");
        const auto amount = p_.amount;
        bool auth_stored = false, settled_stored = false;
        std::string auth_id, settled_id;
        if (authorised) {
            // Amounts under a pound belong to holds only, so that they never match anything.
            p_.amount = hold ? 1 + static_cast<std::int64_t>(rng.below(99)) : amount;
            auto& feed = file(std::string(network_slug(p_.network)) + "-auth");
            auth_stored = add(feed, std::string(network_slug(p_.network)) + "-auth", counterpart);
            auth_id = feed.expected().transaction_id;
            p_.amount = amount;
        }
        if (settled) {
            auto& feed = file(std::string(network_slug(p_.network)) + "-settled");
            settled_stored =
                add(feed, std::string(network_slug(p_.network)) + "-settled", counterpart);
            settled_id = feed.expected().transaction_id;
        }
        if (refunded)
            add(file("visa-refund"), "visa-refund", "");
        if (wanted && at_merchant && (settled_stored || (auth_stored && !hold)))
            pair(auth_stored ? "AUTH" : "SETTLED", settled_stored ? settled_id : auth_id);
    }

    /// Planned situations, in stores of their own, all Visa and settled.
    void scenario(std::uint64_t number) {
        const auto first = world_.settings().count + number * 2;
        planned_.purchase(first, p_);
        planned_.purchase(first + 1, other_);
        other_.store = p_.store;
        other_.amount = other_.merchant_amount = p_.amount;
        other_.london_offset = p_.london_offset;
        p_.merchant_amount = p_.amount;
        p_.merchant_network = other_.merchant_network = Network::visa;
        p_.merchant_currency = other_.merchant_currency = "GBP";
        if (other_.merchant_code == p_.merchant_code)
            other_.merchant_code[5] = p_.merchant_code[5] == '0' ? '1' : '0';
        switch (number % 4) {
        case 0:
            ambiguous();
            break;
        case 1:
            twins();
            break;
        case 2:
            chain();
            break;
        case 3:
            next_day();
            break;
        }
    }

    std::vector<std::pair<std::string, Counts>> finish() {
        pairs_.close();
        Output mids((directory_ / "mids.csv").string());
        mids.buffer() = world_.identifier_csv();
        mids.close();
        std::vector<std::pair<std::string, Counts>> counts;
        for (const auto& name : names_)
            counts.emplace_back(name, files_.at(name)->finish());
        return counts;
    }

private:
    static World visa_only(const World& world) {
        auto settings = world.settings();
        settings.networks = {Network::visa};
        return World(settings);
    }

    void open(const std::string& name) {
        const auto& layout = layout_named(name);
        names_.push_back(name);
        files_[name] =
            std::make_unique<FeedFile>(world_, layout, (directory_ / file_name(layout)).string(),
                                       (directory_ / "truth" / (name + ".tsv")).string());
    }
    FeedFile& file(const std::string& name) { return *files_.at(name); }

    bool add(FeedFile& feed, std::string_view name, std::string_view counterpart) {
        return feed.add(p_, fate_of(world_, layout_named(name), p_.index), counterpart);
    }

    void pair(std::string_view feed_type, std::string_view id) {
        pair(p_, feed_type, id, p_.merchant_id);
    }
    void pair(const Purchase& p, std::string_view feed_type, std::string_view id,
              std::string_view merchant_id) {
        auto& out = pairs_.buffer();
        out += network_slug(p.network);
        for (const auto text : {feed_type, id, merchant_id}) {
            out += '\t';
            out += text;
        }
        out += '\n';
        pairs_.flush_if_full();
    }

    void pay(const Purchase& p, std::string_view counterpart) {
        file("visa-settled").add(p, {}, counterpart);
    }
    void sell(const Purchase& p, std::string_view counterpart) {
        merchant_->add(p, {}, counterpart);
    }

    /// One payment without code, two rows within a minute: left alone.
    void ambiguous() {
        p_.auth_code.clear();
        p_.merchant_time = p_.time + 10;
        other_.merchant_time = p_.time - 20;
        pay(p_, "");
        sell(p_, "");
        sell(other_, "");
    }
    /// Two payments without code, one row: the earlier payment gets it.
    void twins() {
        p_.auth_code.clear();
        other_.auth_code.clear();
        other_.time = p_.time + 20;
        p_.merchant_time = p_.time + 5;
        pay(other_, "");
        pay(p_, p_.merchant_id);
        sell(p_, p_.id);
        pair(p_, "SETTLED", p_.id, p_.merchant_id);
    }
    /// A payment without code sees two rows; another payment's code claims one, which leaves it the
    /// other.
    void chain() {
        p_.auth_code.clear();
        other_.time = p_.time + 10;
        other_.auth_code = other_.merchant_code;
        other_.merchant_time = p_.time + 5;
        p_.merchant_time = p_.time + 15;
        pay(p_, p_.merchant_id);
        pay(other_, other_.merchant_id);
        sell(other_, other_.id);
        sell(p_, p_.id);
        pair(p_, "SETTLED", p_.id, p_.merchant_id);
        pair(other_, "SETTLED", other_.id, other_.merchant_id);
    }
    /// The same code a day later is another purchase.
    void next_day() {
        p_.auth_code = p_.merchant_code;
        p_.merchant_time = p_.time + 86'400;
        pay(p_, "");
        sell(p_, "");
    }

    const World& world_;
    World planned_;
    std::filesystem::path directory_;
    Output pairs_;
    std::vector<std::string> names_;
    std::map<std::string, std::unique_ptr<FeedFile>> files_;
    FeedFile* merchant_ = nullptr;
    Purchase p_, other_;
};

} // namespace

std::vector<std::pair<std::string, Counts>> generate_day(const World& world,
                                                         const std::string& directory) {
    const std::filesystem::path path(directory);
    std::error_code error;
    std::filesystem::create_directories(path / "truth", error);
    if (error) {
        throw Error(Exit::cannot_create,
                    "cannot create " + (path / "truth").string() + ": " + error.message());
    }
    Day day(world, path);
    const auto count = world.settings().count;
    for (std::uint64_t i = 0; i < count; ++i) {
        day.purchase(i);
        if (i % k_purchases_a_scenario == 0)
            day.scenario(i / k_purchases_a_scenario);
    }
    return day.finish();
}

} // namespace harmonia::gen
