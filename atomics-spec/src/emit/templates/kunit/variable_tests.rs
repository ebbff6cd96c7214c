#[test]
fn variable() -> Result {
    let mut x = Atomic::new(1_u32);
    *x.get_mut() += 1;
    assert_eq!(x.load(Relaxed), 2);
    // SAFETY: The pointer is to a variable that nothing else accesses.
    unsafe { x.as_ptr().write(3) };
    assert_eq!(x.load(Relaxed), 3);
    let text = CString::try_from_fmt(fmt!("{:?}", x))?;
    assert_eq!(text.to_str()?, "3");

    let mut fields = [1_u32; 3];
    let field = &raw mut fields[1];
    // SAFETY: The pointer is to a field that nothing else accesses while `x` is used.
    let x = unsafe { Atomic::from_ptr(field) };
    assert_eq!(x.as_ptr(), field);
    x.store(2, Relaxed);
    assert_eq!(fields, [1, 2, 1]);
    Ok(())
}

#[test]
fn derived() {
    #[derive(AtomicType, Clone, Copy, Debug, PartialEq)]
    #[repr(u8)]
    enum Power {
        Off,
        On = 255,
    }

    #[derive(AtomicType, Clone, Copy, Debug, PartialEq)]
    #[repr(transparent)]
    struct Ticket(u64);

    let power = Atomic::new(Power::Off);
    assert_eq!(power.load(Relaxed), Power::Off);
    power.store(Power::On, Relaxed);
    assert_eq!(power.load(Relaxed), Power::On);

    let ticket = Atomic::new(Ticket(1));
    assert_eq!(ticket.load(Relaxed), Ticket(1));
    ticket.store(Ticket(u64::MAX), Relaxed);
    assert_eq!(ticket.load(Relaxed), Ticket(u64::MAX));
}
