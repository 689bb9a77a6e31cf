#include "jobs/screen/intake.hpp"

#include "core/base/check.hpp"
#include "jobs/screen/intake_block.hpp"

namespace harmonia::screen {
namespace {

using importers::OrderField;

class OrdersSession final : public importers::SinkSession {
public:
    OrdersSession(std::shared_ptr<const importers::TextFeed> feed, KnownMerchants merchants,
                  IntakeOptions options)
        : feed_(std::move(feed)), merchants_(std::move(merchants)),
          options_(std::move(options)), facts_{feed_->provider,
                                               importers::feed_type_name(feed_->type),
                                               feed_->screen},
          open_keys_([this]() -> const card::CardKeys& {
              if (keys_ == nullptr)
                  keys_ = card::CardKeys::open(options_.cards);
              return *keys_;
          }) {}

    std::unique_ptr<importers::Block> new_block() override {
        return std::make_unique<OrderBlock>();
    }

    Expected<importers::Added> add(importers::Block& block, const importers::Place& place,
                                   std::string_view raw, std::span<const expr::Value> fields,
                                   importers::Twins&) override {
        return take(block, place, raw, fields, {}, true);
    }

    Expected<importers::Added> add_message(importers::Block& block, const importers::Place& place,
                                           const broker::Delivery& message, std::string_view raw,
                                           std::span<const expr::Value> fields,
                                           importers::Twins&) override {
        std::string id = message.properties.message_id.value_or("");
        if (id.empty() && feed_->options.body_hash)
            id = sha256_hex(raw);
        return take(block, place, raw, fields, id, false);
    }

    importers::BlockCounts write(db::Transaction& tx, importers::Block& block,
                                 std::int64_t batch_id) override {
        return write_orders(tx, static_cast<OrderBlock&>(block), facts_, merchants_, batch_id);
    }

    std::uint64_t waiting(db::Transaction& tx) override {
        const auto found = tx.exec("SELECT count(*) FROM (SELECT FROM screening.waiting "
                                   "LIMIT $1) w",
                                   options_.waiting_max + 1);
        return static_cast<std::uint64_t>(found.integer(0, 0));
    }
    const char* waits_for() const override { return "screen"; }

private:
    Expected<importers::Added> take(importers::Block& block, const importers::Place& place,
                                    std::string_view raw, std::span<const expr::Value> fields,
                                    std::string_view message_id, bool file) {
        arena_.reset();
        Order order;
        if (auto read = feed_->texts().read(fields, order.text, arena_); !read)
            return tl::make_unexpected(std::move(read.error()));
        if (!order.at(OrderField::external_id) && !message_id.empty())
            order.at(OrderField::external_id) = message_id;
        const CheckContext context{feed_->options,       options_.cards.private_ranges, open_keys_,
                                   feed_->provider,      options_.clock->now_us(),      file,
                                   place.secrets_dropped};
        if (auto good = check_order(order, feed_->texts().lacking(fields), context, arena_); !good)
            return tl::make_unexpected(std::move(good.error()));
        static_cast<OrderBlock&>(block).add(place, raw, order);
        return importers::Added::kept;
    }

    std::shared_ptr<const importers::TextFeed> feed_;
    KnownMerchants merchants_;
    IntakeOptions options_;
    OrderFacts facts_;
    std::shared_ptr<const card::CardKeys> keys_;
    const std::function<const card::CardKeys&()> open_keys_;
    expr::Arena arena_;
};

} // namespace

importers::SinkFactory orders_factory(IntakeOptions options) {
    return [options = std::move(options)](std::shared_ptr<const importers::Feed> feed,
                                          db::Connection& connection) {
        auto texts = std::dynamic_pointer_cast<const importers::TextFeed>(std::move(feed));
        HARMONIA_CHECK(texts != nullptr);
        db::Transaction tx(connection, db::Transaction::Mode::repeatable_read_only);
        return std::make_unique<OrdersSession>(std::move(texts), KnownMerchants::load(tx), options);
    };
}

} // namespace harmonia::screen
