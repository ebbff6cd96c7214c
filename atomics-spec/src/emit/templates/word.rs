/// Returns the aligned 32-bit word around a variable, the position of the variable's lowest bit in
/// it, and a mask of the variable's bits.
#[inline(always)]
fn word_around<T>(v: *mut T) -> (*mut u32, u32, u32) {
    let at = v.addr() & 3;
    let above = if cfg!(target_endian = "big") {
        4 - size_of::<T>() - at
    } else {
        at
    };
    // The word comes first, so that LLVM need not copy the address.
    let word = v.map_addr(|addr| addr & !3).cast();
    let shift = 8 * above as u32;
    let ones = u32::MAX >> (32 - 8 * size_of::<T>());
    (word, shift, ones << shift)
}
