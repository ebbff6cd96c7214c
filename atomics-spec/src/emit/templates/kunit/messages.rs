
/// How many messages are passed.
const MESSAGES: u32 = 10_000;

/// Whether an acquire load that sees a release store also makes the stores before it visible.
pub(super) fn pass_messages() -> bool {
    struct Mail {
        message: Atomic<u32>,
        flag: Atomic<u32>,
        missed: Atomic<bool>,
    }

    let mail = Mail {
        message: Atomic::new(0),
        flag: Atomic::new(0),
        missed: Atomic::new(false),
    };
    let met = together(mail, |mail, worker| {
        for n in 1..=MESSAGES {
            if worker == 0 {
                mail.message.store(n, Relaxed);
                mail.flag.store(n, Release);
            } else {
                let flag = mail.flag.load(Acquire);
                if mail.message.load(Relaxed) < flag {
                    mail.missed.store(true, Relaxed);
                }
            }
        }
    });
    met.is_ok_and(|met| !met.shared.missed.load(Relaxed))
}
