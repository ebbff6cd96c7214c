// The generated text is compiled by users who deny all warnings.
#![deny(warnings)]
#![allow(dead_code, non_snake_case, non_camel_case_types)]
// Sets without a prefix declare the same symbols.
#![allow(clashing_extern_declarations)]

/// The number of operands that a call may have.
pub const OPERANDS: usize = 4;

/// A value of an atomic type as a 64-bit word.
pub trait Word: Copy {
    fn from_word(word: i64) -> Self;
    fn word(self) -> i64;
}

macro_rules! words {
    ($($ty:ty),*) => {
        $(impl Word for $ty {
            fn from_word(word: i64) -> Self {
                word as $ty
            }
            fn word(self) -> i64 {
                self as i64
            }
        })*
    };
}

words!(i8, i16, i32, i64, isize, u8, u16, u32, u64, usize);

impl Word for bool {
    fn from_word(word: i64) -> Self {
        word & 1 != 0
    }
    fn word(self) -> i64 {
        self as i64
    }
}

impl<T> Word for *const T {
    fn from_word(word: i64) -> Self {
        core::ptr::without_provenance(word as usize)
    }
    fn word(self) -> i64 {
        self.addr() as i64
    }
}

impl<T> Word for *mut T {
    fn from_word(word: i64) -> Self {
        core::ptr::without_provenance_mut(word as usize)
    }
    fn word(self) -> i64 {
        self.addr() as i64
    }
}

/// A call: its name, its function, the width of its values, and what it must do.
pub struct Call {
    pub name: &'static str,
    pub run: fn(i64, &mut [i64; OPERANDS]) -> (i64, i64),
    pub bits: u32,
    pub cases: &'static [Case],
}

/// The variable and the operands before a call, and the variable, the result and the operands after.
pub struct Case {
    pub before: (i64, [i64; OPERANDS]),
    pub after: (i64, i64, [i64; OPERANDS]),
}

fn run(set: &str, calls: &[Call]) {
    for call in calls {
        let low = |word: i64| word << (64 - call.bits) >> (64 - call.bits);
        for case in call.cases {
            let mut operands = case.before.1;
            let (memory, result) = (call.run)(case.before.0, &mut operands);
            let got = (low(memory), low(result), operands.map(low));
            let want = (low(case.after.0), low(case.after.1), case.after.2.map(low));
            if got != want {
                println!("{set}::{}: of {:x?}: {got:x?}, not {want:x?}", call.name, case.before);
                std::process::exit(1);
            }
        }
    }
}
