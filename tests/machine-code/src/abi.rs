//! The calling conventions: in which register or stack slot a function gets each argument.

/// How a function gets its arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Abi {
    /// Each in a register.
    Registers(&'static [&'static str]),
    /// In r0 to r3, then on the stack. A 64-bit argument starts at an even register.
    Arm,
    /// In eax, edx and ecx. From the first argument that does not fit, all are on the stack.
    Regparm,
    /// Like `Regparm`, but a 64-bit argument is on the stack, although it uses up two registers.
    RustRegparm,
}

/// The location of an argument when a function is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Argument {
    /// In a register.
    Register(String),
    /// On the stack, at an offset from the stack pointer.
    Stack(i64),
}

impl Abi {
    /// The locations of arguments of these widths.
    pub fn places(self, bits: &[u32]) -> Vec<Argument> {
        let names: &[&str] = match self {
            Self::Registers(names) => names,
            Self::Arm => &["r0", "r1", "r2", "r3"],
            Self::Regparm | Self::RustRegparm => &["eax", "edx", "ecx"],
        };
        // How many registers are used up, which register is next, and the next stack offset.
        let (mut taken, mut next) = (0, 0);
        let mut stack = if self == Self::Arm { 0 } else { 4 };
        let mut places = Vec::new();
        for bits in bits {
            let is_wide = *bits > 32 && !matches!(self, Self::Registers(_));
            let words = usize::from(is_wide) + 1;
            if self == Self::Arm && is_wide {
                taken += taken % 2;
                next = taken;
            }
            let fits = taken + words <= names.len();
            taken = if fits { taken + words } else { names.len() };
            if fits && !(is_wide && self == Self::RustRegparm) {
                places.push(Argument::Register(names[next].to_owned()));
                next += words;
            } else {
                places.push(Argument::Stack(stack));
                stack += if is_wide { 8 } else { 4 };
            }
        }
        places
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_where_compilers_put_them() {
        let place = |text: &str| match text.parse() {
            Ok(at) => Argument::Stack(at),
            Err(_) => Argument::Register(text.into()),
        };
        let all = |texts: &[&str]| texts.iter().map(|t| place(t)).collect::<Vec<_>>();
        assert_eq!(Abi::Arm.places(&[32, 64, 64]), all(&["r0", "r2", "0"]));
        assert_eq!(Abi::Arm.places(&[64, 32]), all(&["r0", "r2"]));
        assert_eq!(Abi::Regparm.places(&[64, 32]), all(&["eax", "ecx"]));
        assert_eq!(
            Abi::Regparm.places(&[32, 64, 64]),
            all(&["eax", "edx", "4"])
        );
        assert_eq!(Abi::RustRegparm.places(&[64, 32]), all(&["4", "eax"]));
        let registers = Abi::Registers(&["x0", "x1"]);
        assert_eq!(registers.places(&[64, 64]), all(&["x0", "x1"]));
    }
}
