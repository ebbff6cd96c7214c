/// Returns the aligned 32-bit word around a variable, and the position of the variable's lowest bit
/// in it.
#[inline(always)]
fn word_around<T>(v: *mut T) -> (*mut u32, u32) {
    let at = v.addr() & 3;
    let above = if cfg!(target_endian = "big") {
        4 - size_of::<T>() - at
    } else {
        at
    };
    (v.map_addr(|addr| addr & !3).cast(), 8 * above as u32)
}
