/// ```
/// use $path::{Atomic, AtomicType, Relaxed};
///
/// #[derive(AtomicType, Clone, Copy, Debug, PartialEq)]
/// #[repr(u8)]
/// enum Power {
///     Off,
///     On,
/// }
///
/// #[derive(AtomicType, Clone, Copy, Debug, PartialEq)]
/// #[repr(transparent)]
/// struct Ticket(u32);
///
/// let power = Atomic::new(Power::Off);
/// power.store(Power::On, Relaxed);
/// assert_eq!(power.load(Relaxed), Power::On);
///
/// let ticket = Atomic::new(Ticket(1));
/// ticket.store(Ticket(2), Relaxed);
/// assert_eq!(ticket.load(Relaxed), Ticket(2));
/// ```
///
/// If the derive cannot prove the requirements, implement the trait by hand:
///
