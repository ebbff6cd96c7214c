/* The C half of the driver: it claims parts of the device that Rust claims, too. */

#include <stdbool.h>

#include "atomic.h"

bool driver_claim(atomic_t *owned, int parts);

bool driver_claim(atomic_t *owned, int parts)
{
	return own_atomic_claim(owned, parts);
}
