/* Defines a helper that returns what another function returns. */
#define RETURNS(ret, name, params, callee, args, order...)					\
__rust_helper ret										\
rust_helper_##name##order params								\
{												\
	return callee##order args;								\
}

/* Defines a helper that calls another function. */
#define INVOKES(name, params, callee, args)							\
__rust_helper void										\
rust_helper_##name params									\
{												\
	callee args;										\
}

/* Defines a helper that computes its result from what another function returns. */
#define DERIVES(ret, name, params, type, callee, args, result, order...)			\
__rust_helper ret										\
rust_helper_##name##order params								\
{												\
	type found = callee##order args;							\
												\
	return result;										\
}

/* Defines a helper that tries to exchange the value until nobody else has changed it. */
#define REPEATS(ret, name, params, type, read, value, exchange, args, end, order...)		\
__rust_helper ret										\
rust_helper_##name##order params								\
{												\
	type found = read;									\
	type next;										\
												\
	do {											\
		next = value;									\
	} while (!exchange##order args);							\
	end;											\
}

/* The same, unless it fails before. */
#define RETRIES(ret, name, params, type, read, fails, value, exchange, args, end, order...)	\
__rust_helper ret										\
rust_helper_##name##order params								\
{												\
	type found = read;									\
	type next;										\
												\
	do {											\
		if (fails)									\
			break;									\
		next = value;									\
	} while (!exchange##order args);							\
	end;											\
}

/* Defines the helpers of all orderings. */
#define ORDERED(shape, ...)									\
	shape(__VA_ARGS__)									\
	shape(__VA_ARGS__, _acquire)								\
	shape(__VA_ARGS__, _release)								\
	shape(__VA_ARGS__, _relaxed)
