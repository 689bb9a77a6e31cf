#include "core/base/hash.hpp"
#include "core/expr/function.hpp"

namespace harmonia::expr::fn {

Value sha256(const Call& call) {
    static thread_local Sha256 digest; // a context made once is half the cost of a short digest
    digest.update(call.text(0));
    return Value::of_text(call.arena.copy(digest.finish_hex()));
}

Value sha1(const Call& call) {
    return Value::of_text(call.arena.copy(sha1_hex(call.text(0))));
}

} // namespace harmonia::expr::fn
