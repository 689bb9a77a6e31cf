#include "jobs/mids/store.hpp"

#include "core/db/columns.hpp"

namespace harmonia::mids {
namespace {

/// Of the temporary table mids_added.
enum class Added {
    position,
    provider,
    type,
    identifier,
    scheme,
    location_id,
    merchant_internal_id,
    location,
    postcode,
};
constexpr auto k_added_columns = db::columns<Added>({
    {Added::position, "position"},
    {Added::provider, "provider"},
    {Added::type, "type"},
    {Added::identifier, "identifier"},
    {Added::scheme, "scheme"},
    {Added::location_id, "location_id"},
    {Added::merchant_internal_id, "merchant_internal_id"},
    {Added::location, "location"},
    {Added::postcode, "postcode"},
});

void lock(db::Transaction& tx) {
    tx.exec("LOCK TABLE merchant_identifier IN SHARE ROW EXCLUSIVE MODE");
}

void copy_added(db::Transaction& tx, std::span<const Identifier> rows) {
    tx.exec(R"(
        CREATE TEMP TABLE mids_added (
            position bigint, provider text, type identifier_type, identifier text, scheme text,
            location_id text, merchant_internal_id text, location text, postcode text)
            ON COMMIT DROP)");
    db::CopyIn copy(tx, "mids_added", k_added_columns.names());
    std::int64_t position = 0;
    for (const Identifier& row : rows) {
        copy.field(Added::position, ++position);
        copy.field(Added::provider, row.key.provider);
        copy.field(Added::type, row.key.type);
        copy.field(Added::identifier, row.key.identifier);
        copy.field(Added::scheme, row.scheme);
        copy.field(Added::location_id, row.location_id);
        copy.field(Added::merchant_internal_id, row.merchant_internal_id);
        copy.field(Added::location, row.location);
        copy.field(Added::postcode, row.postcode);
        copy.end_row();
    }
    copy.finish();
}

void copy_removed(db::Transaction& tx, std::span<const Key> keys) {
    tx.exec(R"(
        CREATE TEMP TABLE mids_removed (provider text, type identifier_type, identifier text)
            ON COMMIT DROP)");
    db::CopyIn copy(tx, "mids_removed", {"provider", "type", "identifier"});
    for (const Key& key : keys) {
        copy.field(key.provider).field(key.type).field(key.identifier);
        copy.end_row();
    }
    copy.finish();
}

// Existing rows are left out beforehand: a conflict would use up a number of the id's sequence.
constexpr const char* k_add_schemes = R"(
    INSERT INTO loyalty_scheme (slug)
    SELECT scheme
      FROM mids_added
     WHERE NOT EXISTS (SELECT FROM loyalty_scheme s WHERE s.slug = scheme)
     GROUP BY scheme
     ORDER BY min(position))";
constexpr const char* k_add_providers = R"(
    INSERT INTO payment_provider (slug)
    SELECT provider
      FROM mids_added
     WHERE NOT EXISTS (SELECT FROM payment_provider p WHERE p.slug = provider)
     GROUP BY provider
     ORDER BY min(position))";
constexpr const char* k_add_identifiers = R"(
    INSERT INTO merchant_identifier
           (identifier, identifier_type, loyalty_scheme_id, payment_provider_id, location_id,
            merchant_internal_id, location, postcode)
    SELECT a.identifier, a.type, s.id, p.id, a.location_id,
           a.merchant_internal_id, a.location, a.postcode
      FROM mids_added a
      JOIN loyalty_scheme s ON s.slug = a.scheme
      JOIN payment_provider p ON p.slug = a.provider
     WHERE NOT EXISTS (
               SELECT
                 FROM merchant_identifier m
                WHERE m.identifier = a.identifier
                  AND m.identifier_type = a.type
                  AND m.payment_provider_id = p.id)
     ORDER BY a.position)";
constexpr const char* k_remove = R"(
    DELETE FROM merchant_identifier m
     USING mids_removed r
      JOIN payment_provider p ON p.slug = r.provider
     WHERE m.identifier = r.identifier
       AND m.identifier_type = r.type
       AND m.payment_provider_id = p.id)";

} // namespace

Written store_file(db::Connection& connection, const IdentifierFile& file) {
    Written written;
    db::Transaction tx(connection);
    lock(tx);
    if (!file.added.empty()) {
        copy_added(tx, file.added);
        tx.exec("ANALYZE mids_added");
        tx.exec(k_add_schemes);
        tx.exec(k_add_providers);
        written.added = tx.exec(k_add_identifiers).affected();
    }
    if (!file.deleted.empty()) {
        copy_removed(tx, file.deleted);
        written.deleted = tx.exec(k_remove).affected();
    }
    tx.commit(Failpoint::mids_commit);
    return written;
}

std::uint64_t remove(db::Connection& connection, std::span<const Key> keys,
                     const std::vector<std::string>& locations) {
    db::Transaction tx(connection);
    lock(tx);
    copy_removed(tx, keys);
    std::uint64_t removed = tx.exec(k_remove).affected();
    removed +=
        tx.exec("DELETE FROM merchant_identifier WHERE location_id = ANY ($1::text[])", locations)
            .affected();
    tx.commit(Failpoint::mids_commit);
    return removed;
}

bool update(db::Connection& connection, const Key& key,
            const std::optional<std::string>& location_id,
            const std::optional<std::string>& merchant_internal_id) {
    db::Transaction tx(connection);
    const db::Result changed =
        tx.exec(R"(
        UPDATE merchant_identifier m
           SET location_id = coalesce($4, location_id),
               merchant_internal_id = coalesce($5, merchant_internal_id),
               updated_at = now()
          FROM payment_provider p
         WHERE p.id = m.payment_provider_id
           AND p.slug = $1
           AND m.identifier_type = $2::identifier_type
           AND m.identifier = $3)",
                key.provider, key.type, key.identifier, location_id, merchant_internal_id);
    tx.commit(Failpoint::mids_commit);
    return changed.affected() == 1;
}

} // namespace harmonia::mids
