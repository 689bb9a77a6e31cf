// Orders of customers, each with the items that its last payment states.
#include "jobs/orders/store.hpp"

#include <map>

namespace harmonia::orders {
namespace {

using importers::OrderField;

/// An order as the last row of the block states it.
struct CustomerOrder {
    std::size_t row = 0;
    std::int64_t id = 0; ///< 0: not stored yet
    bool changed = true, fresh = false;
    std::string digest; ///< of its stored columns and items
};
using Orders = std::map<std::string_view, CustomerOrder>; // rows are locked in key order

std::string digest_of(const OrderBlock& block, const OrderRow& row) {
    std::string text;
    for (const OrderField field : {OrderField::order_id, OrderField::order_name,
                                   OrderField::order_currency, OrderField::customer})
        text.append(block.text(row, field).value_or("")).append(1, '\n');
    text += std::to_string(row.order_total.value_or(row.amount));
    for (std::uint32_t i = row.items; i < row.items + row.item_count; ++i) {
        const OrderItem& item = block.items()[i];
        text.append("\n").append(item.reference).append("\n").append(item.name);
        for (const std::int64_t number : {item.unit_minor, item.quantity, item.discount_minor})
            text.append("\n").append(std::to_string(number));
    }
    return "\\x" + sha256_hex(text);
}

void find_known(db::Transaction& tx, const OrderSource& source, Orders& orders) {
    std::vector<std::string> names;
    names.reserve(orders.size());
    for (const auto& [name, order] : orders)
        names.emplace_back(name);
    const auto rows = tx.exec(R"(
        SELECT external_id, id, payload_sha256
          FROM screening.customer_order
         WHERE source = $1 AND external_id = ANY($2::text[]))",
                              source.provider, names);
    for (const db::Row row : rows) {
        CustomerOrder& order = orders.at(row.text("external_id"));
        order.id = row.integer("id");
        order.changed = row.text("payload_sha256") != order.digest;
    }
}

void number_new(db::Transaction& tx, Orders& orders, std::vector<CustomerOrder*>& fresh) {
    for (auto& [name, order] : orders)
        if (order.id == 0)
            fresh.push_back(&order);
    if (fresh.empty())
        return;
    const auto ids = tx.exec(R"(
        SELECT nextval(s.name) AS id
          FROM (SELECT pg_get_serial_sequence('screening.customer_order', 'id')::regclass AS name
                OFFSET 0) s,
               generate_series(1, $1))",
                             fresh.size());
    for (std::size_t i = 0; i < fresh.size(); ++i) {
        fresh[i]->id = ids.row(i).integer("id");
        fresh[i]->fresh = true;
    }
}

void copy_new(db::Transaction& tx, const OrderBlock& block, const OrderSource& source,
              const std::vector<CustomerOrder*>& fresh) {
    db::CopyIn copy(tx, "screening.customer_order",
                    {"id", "source", "external_id", "customer", "name", "currency", "total_minor",
                     "placed_at", "payload_sha256"});
    for (const CustomerOrder* order : fresh) {
        const OrderRow& row = block.all()[order->row];
        copy.field(order->id).field(source.provider);
        copy.field(block.text(row, OrderField::order_id));
        copy.field(block.text(row, OrderField::customer));
        copy.field(block.text(row, OrderField::order_name).value_or(""));
        copy.field(block.text(row, OrderField::order_currency));
        copy.field(row.order_total.value_or(row.amount));
        copy.field(db::Instant{row.event_us}).field(order->digest);
        copy.end_row();
    }
    copy.finish();
}

/// Brings known orders up to date with their last payment.
void update_changed(db::Transaction& tx, const OrderBlock& block, const Orders& orders) {
    std::vector<std::string> customers, names, currencies, digests;
    std::vector<std::int64_t> ids, totals;
    for (const auto& [name, order] : orders) {
        if (!order.changed || order.fresh)
            continue;
        const OrderRow& row = block.all()[order.row];
        ids.push_back(order.id);
        totals.push_back(row.order_total.value_or(row.amount));
        customers.emplace_back(block.text(row, OrderField::customer).value_or(""));
        names.emplace_back(block.text(row, OrderField::order_name).value_or(""));
        currencies.emplace_back(*block.text(row, OrderField::order_currency));
        digests.push_back(order.digest);
    }
    if (ids.empty())
        return;
    tx.exec(R"(
        UPDATE screening.customer_order o
           SET customer = coalesce(nullif(u.customer, ''), o.customer),
               name = u.name,
               currency = u.currency,
               total_minor = u.total,
               payload_sha256 = u.digest
          FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::bytea[])
               AS u(id, customer, name, currency, total, digest)
         WHERE o.id = u.id)",
            ids, customers, names, currencies, totals, digests);
    tx.exec("DELETE FROM screening.order_item WHERE order_id = ANY($1::bigint[])", ids);
}

void copy_items(db::Transaction& tx, const OrderBlock& block, const Orders& orders) {
    db::CopyIn copy(
        tx, "screening.order_item",
        {"order_id", "line_no", "item_ref", "name", "unit_minor", "quantity", "discount_minor"});
    for (const auto& [name, order] : orders) {
        const OrderRow& row = block.all()[order.row];
        for (std::uint32_t line = 0; order.changed && line < row.item_count; ++line) {
            const OrderItem& item = block.items()[row.items + line];
            copy.field(order.id).field(line + 1).field(item.reference).field(item.name);
            copy.field(item.unit_minor).field(item.quantity).field(item.discount_minor);
            copy.end_row();
        }
    }
    copy.finish();
}

} // namespace

std::vector<std::optional<std::int64_t>> store_customer_orders(db::Transaction& tx,
                                                               const OrderBlock& block,
                                                               const OrderSource& source,
                                                               const std::vector<bool>& dropped) {
    std::vector<std::optional<std::int64_t>> ids(block.rows());
    Orders orders;
    for (std::size_t i = 0; i < block.rows(); ++i) {
        const auto name = block.text(block.all()[i], OrderField::order_id);
        if (!dropped[i] && name)
            orders[*name].row = i;
    }
    if (orders.empty())
        return ids;
    for (auto& [name, order] : orders)
        order.digest = digest_of(block, block.all()[order.row]);
    find_known(tx, source, orders);
    std::vector<CustomerOrder*> fresh;
    number_new(tx, orders, fresh);
    if (!fresh.empty())
        copy_new(tx, block, source, fresh);
    if (fresh.size() < orders.size())
        update_changed(tx, block, orders);
    if (!block.items().empty())
        copy_items(tx, block, orders);
    for (std::size_t i = 0; i < block.rows(); ++i) {
        const auto name = block.text(block.all()[i], OrderField::order_id);
        if (!dropped[i] && name)
            ids[i] = orders.at(*name).id;
    }
    return ids;
}

} // namespace harmonia::orders
