#include "errors.h"
#include "runtime.h"

static int32_t raised;

void raiseError(int code) { __atomic_store_n(&raised, code, __ATOMIC_SEQ_CST); }

// The error raised since the last call, 0 for none.
__attribute__((export_name("takeError"))) int takeError(void) { return __atomic_exchange_n(&raised, 0, __ATOMIC_SEQ_CST); }
