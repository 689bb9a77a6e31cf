#include "jobs/orders/sink.hpp"

#include "core/base/check.hpp"
#include "jobs/orders/store.hpp"

namespace harmonia::orders {
namespace {

using importers::OrderField;

class OrdersSession final : public importers::SessionOf<OrdersSession, OrderBlock> {
public:
    OrdersSession(std::shared_ptr<const importers::Feed> feed, KnownMerchants merchants,
                  SinkOptions options)
        : feed_(std::move(feed)), merchants_(std::move(merchants)),
          options_(std::move(options)), source_{feed_->provider,
                                                importers::feed_type_name(feed_->type),
                                                feed_->screen},
          open_keys_([this]() -> const card::CardKeys& {
              if (keys_ == nullptr)
                  keys_ = card::CardKeys::open(options_.cards);
              return *keys_;
          }) {}

    Expected<importers::Added> take(OrderBlock& block, const importers::Place& place,
                                    std::string_view raw, std::span<const expr::Value> fields,
                                    importers::OccurrenceCounter&) {
        return add_order(block, place, raw, fields, {}, true);
    }

    Expected<importers::Added> take_message(OrderBlock& block, const importers::Place& place,
                                            const broker::Delivery& message, std::string_view raw,
                                            std::span<const expr::Value> fields,
                                            importers::OccurrenceCounter&) {
        std::string id = message.properties.message_id.value_or("");
        if (id.empty() && feed_->order.body_hash)
            id = sha256_hex(raw);
        return add_order(block, place, raw, fields, id, false);
    }

    importers::BlockCounts store(db::Transaction& tx, OrderBlock& block, std::int64_t batch_id) {
        return write_orders(tx, block, source_, merchants_, batch_id);
    }

    std::uint64_t waiting(db::Transaction& tx) override {
        const auto found =
            tx.exec("SELECT count(*) FROM (SELECT FROM screening.waiting LIMIT $1) w",
                    options_.waiting_max + 1);
        return static_cast<std::uint64_t>(found.only().integer("count"));
    }
    const char* waits_for() const override { return "screen"; }

private:
    Expected<importers::Added> add_order(OrderBlock& block, const importers::Place& place,
                                         std::string_view raw, std::span<const expr::Value> fields,
                                         std::string_view message_id, bool file) {
        arena_.reset();
        Order order;
        if (auto read = feed_->texts->read(fields, order.text, arena_); !read)
            return tl::make_unexpected(std::move(read.error()));
        if (!order.at(OrderField::external_id) && !message_id.empty())
            order.at(OrderField::external_id) = message_id;
        const CheckContext context{feed_->order,         options_.cards.private_ranges, open_keys_,
                                   feed_->provider,      options_.clock->now_us(),      file,
                                   place.secrets_dropped};
        if (auto good = check_order(order, feed_->texts->lacking(fields), context, arena_); !good)
            return tl::make_unexpected(std::move(good.error()));
        block.add(place, raw, order);
        return importers::Added::kept;
    }

    std::shared_ptr<const importers::Feed> feed_;
    KnownMerchants merchants_;
    SinkOptions options_;
    OrderSource source_;
    std::shared_ptr<const card::CardKeys> keys_;
    const std::function<const card::CardKeys&()> open_keys_;
    expr::Arena arena_;
};

} // namespace

importers::SinkFactory orders_sink(SinkOptions options) {
    return [options = std::move(options)](std::shared_ptr<const importers::Feed> feed,
                                          db::Connection& connection) {
        HARMONIA_CHECK(feed->texts != nullptr);
        db::Transaction tx(connection, db::Transaction::Mode::repeatable_read_only);
        return std::make_unique<OrdersSession>(std::move(feed), KnownMerchants::load(tx), options);
    };
}

} // namespace harmonia::orders
