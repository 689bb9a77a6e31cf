// RabbitMQ, as the rest of the program sees it (docs/decisions/0004-rabbitmq-c.md).
//
// Publisher sends with confirms, Consumer receives with acknowledgements, each on a thread of its
// own; Session does short synchronous work. Failures are Error(unavailable) naming host, port and
// virtual host (never the password), Error(config) for a missing or different queue or exchange,
// Error(permission).
#pragma once

#include "core/broker/consumer.hpp"
#include "core/broker/message.hpp"
#include "core/broker/publisher.hpp"
#include "core/broker/session.hpp"
#include "core/broker/settings.hpp"
