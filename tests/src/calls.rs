//! Every legal call of every layer as data: see `build/calls.rs`.

use std::cell::UnsafeCell;

use atomics_core::*;

/// Through what an operation is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer {
    /// C's names.
    Raw,
    /// `Atomic<T>`.
    Typed,
    /// Functions on raw pointers.
    Pointer,
}

/// One way to call one operation, in one ordering, on one type.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    /// Through what it is called.
    pub layer: Layer,
    /// What the test reports call it.
    pub name: &'static str,
    /// The form's name without family and ordering.
    pub base: &'static str,
    /// The type of the variable.
    pub ty: &'static str,
    /// Calls it with operands, and returns what it returns; a `p` operand changes.
    pub run: fn(&Variable, &mut [i64]) -> Option<i64>,
}

/// Memory for a variable of any type.
#[derive(Debug, Default)]
#[repr(C, align(8))]
pub struct Variable(UnsafeCell<u64>);

// SAFETY: The memory is only accessed atomically while it is shared.
unsafe impl Sync for Variable {}

impl Variable {
    /// A variable that holds `value`.
    pub fn new<T: Word>(value: T) -> Self {
        let this = Self::default();
        // SAFETY: The memory is aligned and large enough for all types, and not shared yet.
        unsafe { this.pointer::<T>().write(value) };
        this
    }

    /// What it holds, when nobody else uses it.
    pub fn get<T: Word>(&mut self) -> T {
        // SAFETY: As above; the memory holds a value of the type that it was made with.
        unsafe { self.pointer::<T>().read() }
    }

    /// A pointer to it.
    pub fn pointer<T>(&self) -> *mut T {
        self.0.get().cast()
    }

    /// It as a variable of C.
    pub fn raw<T: AtomicImpl>(&self) -> &AtomicRepr<T> {
        // SAFETY: The memory is aligned, and only accessed atomically while it is shared.
        unsafe { AtomicRepr::from_ptr(self.pointer()) }
    }

    /// It as an atomic variable.
    pub fn typed<T: AtomicType>(&self) -> &Atomic<T> {
        // SAFETY: The memory is aligned, and only accessed atomically while it is shared.
        unsafe { Atomic::from_ptr(self.pointer()) }
    }
}

/// A value as a number and back: its bits as a signed number, as the reference has it.
pub trait Word: Copy {
    /// The value with the low bits of a number.
    fn from_word(word: i64) -> Self;
    /// The number.
    fn to_word(self) -> i64;
}

macro_rules! word {
    ($($ty:ty as $signed:ty),*) => {$(
        impl Word for $ty {
            fn from_word(word: i64) -> Self {
                word as Self
            }

            fn to_word(self) -> i64 {
                self as $signed as i64
            }
        }
    )*};
}

word!(i8 as i8, i16 as i16, i32 as i32, i64 as i64, isize as isize);
word!(u8 as i8, u16 as i16, u32 as i32, u64 as i64, usize as isize);

impl Word for bool {
    fn from_word(word: i64) -> Self {
        word & 1 != 0
    }

    fn to_word(self) -> i64 {
        self.into()
    }
}

impl<T> Word for *const T {
    fn from_word(word: i64) -> Self {
        core::ptr::without_provenance(word as usize)
    }

    fn to_word(self) -> i64 {
        self.addr() as isize as i64
    }
}

impl<T> Word for *mut T {
    fn from_word(word: i64) -> Self {
        core::ptr::without_provenance_mut(word as usize)
    }

    fn to_word(self) -> i64 {
        self.addr() as isize as i64
    }
}

include!(concat!(env!("OUT_DIR"), "/calls.rs"));
