//! A feature that a kernel finds when it boots, by the kernel's own sequence.

use crate::arch::{Arch, Feature, KernelFeature, Sequence};
use crate::emit::text::{Text, attribute};
use crate::names;

/// The oldest option that implies a compiler with stable `label` operands: it is on from 1.88. The
/// crate `kernel` does not enable unstable ones, and compilers from 1.85 build it.
pub const HAS_LABELS: &str = "CONFIG_RUSTC_HAS_SPAN_FILE";

/// A feature that kernels of an architecture find at boot.
#[derive(Clone, Copy)]
pub struct AtBoot<'a> {
    arch: &'a Arch,
    /// The feature.
    pub feature: &'a Feature,
    kernel: &'a KernelFeature,
    sequence: &'a Sequence,
}

impl<'a> AtBoot<'a> {
    /// Those of an architecture.
    pub fn of(arch: &'a Arch) -> impl Iterator<Item = Self> {
        arch.features.iter().filter_map(move |feature| {
            let kernel = feature.kernel.as_ref()?;
            let sequence = kernel.sequence.as_ref()?;
            Some(Self {
                arch,
                feature,
                kernel,
                sequence,
            })
        })
    }

    /// The name of the C source of its sequence, and its contents: the build of a kernel turns it
    /// into a Rust string. The kernel's own `rust/kernel/generated_arch_*_asm.rs.S` are like it.
    pub fn source(&self) -> (String, String) {
        let mut text = String::new();
        for header in &self.sequence.headers {
            text += &format!("#include {header}\n");
        }
        let body = &self.sequence.text;
        text += &format!("\n// Cut here.\n\n::kernel::concat_literals!({body})\n");
        (names::kernel_sequence(&self.feature.name), text)
    }

    /// The option of the kernel without which it never uses the feature.
    pub fn option(&self) -> &'a str {
        &self.kernel.option
    }

    /// What must hold of a kernel that may use the feature, as a list for `all()`.
    fn conditions(&self) -> Vec<&str> {
        let mut all = vec![self.option()];
        let of_arch = self.arch.kernel_condition.as_deref();
        if !of_arch.is_some_and(|condition| condition.contains(HAS_LABELS)) {
            all.push(HAS_LABELS);
        }
        all.extend(self.kernel.assembler.as_deref());
        // Tests on the host have no kernel that patches them.
        all.push("not(testlib)");
        all
    }

    /// Emits the function that returns what the kernel chose.
    pub fn emit_detection(&self, t: &mut Text) {
        let name = &self.feature.name;
        let yes = self.sequence.jumps_if_yes;
        let (is, isnt) = if yes {
            ("does", "does not")
        } else {
            ("does not", "does")
        };
        t.doc(&format!(
            "Whether the kernel uses {name}. There is a jump here if it {is}, and a NOP if it {isnt}: \
             the kernel patches one or the other in when it boots."
        ));
        t.line("#[inline(always)]");
        let function = names::kernel_choice(name);
        t.block(&format!("fn {function}() -> bool"), |t| {
            let has = format!("all({})", self.conditions().join(", "));
            t.lines(&attribute(&format!("cfg({has})")));
            t.comment("SAFETY: The block jumps to its label or does nothing.");
            t.block("unsafe", |t| {
                t.line("crate::asm!(");
                t.indented(|t| {
                    let file = names::kernel_sequence(name);
                    t.line(format!(
                        "include!(concat!(env!(\"OBJTREE\"), \"/rust/kernel/{file}.rs\"));"
                    ));
                    let label = self.sequence.label();
                    t.line(format!("{label} = label {{ return {yes} }},"));
                    t.line("options(nomem, nostack, preserves_flags),");
                });
                t.line(");");
            });
            match yes {
                true => t.line("false"),
                false => t.line(format!("cfg!({has})")),
            }
        });
    }
}
