// Asks the servers. Reads only; one snapshot for all questions of a database.
#pragma once

#include "core/base/embedded.hpp"
#include "core/broker/settings.hpp"
#include "core/db/connection.hpp"
#include "jobs/status/decide.hpp"

#include <span>
#include <string>
#include <vector>

namespace harmonia::status {

/// Whether the database answers, and how its schema differs from `migrations`. `connection` stays
/// empty when it does not answer.
[[nodiscard]] Service ask_database(const std::string& name, const db::Settings& settings,
                                   std::span<const Embedded> migrations,
                                   const std::vector<std::string>& areas,
                                   std::unique_ptr<db::Connection>& connection);

[[nodiscard]] Service ask_broker(const std::string& name, const broker::Settings& settings);

/// The sections of these areas, in display order; `commands`: whose last runs to show.
[[nodiscard]] std::vector<Section> ask_sections(db::Connection& connection,
                                                const std::vector<std::string>& commands,
                                                const std::vector<std::string>& areas);

} // namespace harmonia::status
