//! The plots of a report.

use crate::implementation::Implementation;
use crate::report::Report;
use crate::svg::{Anchor, Svg};

/// The width of a plot.
const WIDTH: f64 = 900.0;
/// Where the names at the left end.
const LEFT: f64 = 360.0;
/// Where the numbers at the right begin.
const RIGHT: f64 = WIDTH - 30.0;
/// The height of the title and the legend.
const HEAD: f64 = 78.0;
/// The height of a row.
const ROW: f64 = 34.0;
/// The numbers on the axis of times.
const TICKS: [f64; 10] = [0.0625, 0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0];

/// The colour of an implementation. People with any kind of colour vision can tell them apart.
fn colour(of: Implementation) -> &'static str {
    match of {
        Implementation::Ours => "#0072b2",
        Implementation::C => "#009e73",
        Implementation::Core => "#d55e00",
        Implementation::Portable => "#e69f00",
        Implementation::Helpers => "#56b4e9",
        Implementation::Calls => "#cc79a7",
    }
}

/// A legend: a dot and a title for each implementation.
fn legend(svg: &mut Svg, y: f64, all: &[Implementation]) {
    let mut x = 20.0;
    for of in all {
        svg.dot((x, y - 4.5), 5.0, colour(*of));
        svg.text((x + 10.0, y), Anchor::Start, "small", of.title());
        // Letters are some six pixels wide.
        #[expect(clippy::cast_precision_loss, reason = "titles are short")]
        let width = of.title().len() as f64 * 6.3;
        x += width + 34.0;
    }
}

/// The times of the groups, divided by ours, as dots on an axis whose steps double.
pub fn times(report: &Report) -> String {
    let rows = report.rows();
    let timed = report.timed();
    let ratios = rows.iter().flat_map(|(group, mode)| {
        let ratios = timed
            .iter()
            .filter_map(|of| report.mean(*group, *mode, *of));
        ratios.flat_map(|ratio| [ratio.low, ratio.high])
    });
    let (low, high) = ratios.fold((1.0_f64, 1.0_f64), |(low, high), ratio| {
        (low.min(ratio), high.max(ratio))
    });
    let ticks: Vec<f64> = TICKS
        .into_iter()
        .filter(|tick| *tick >= low / 2.0 && *tick <= high * 2.0)
        .collect();
    let (first, last) = (
        ticks.first().copied().unwrap_or(0.5),
        ticks.last().copied().unwrap_or(2.0),
    );
    let x = |ratio: f64| {
        let share = (ratio / first).log2() / (last / first).log2();
        LEFT + share.clamp(0.0, 1.0) * (RIGHT - LEFT)
    };
    #[expect(clippy::cast_precision_loss, reason = "there are few rows")]
    let y = |row: usize| HEAD + (row as f64 + 0.5) * ROW;
    let bottom = y(rows.len()) - ROW / 2.0;
    let mut svg = Svg::new(WIDTH, bottom + 44.0);
    let title = "Time, divided by that of this crate (less is faster)";
    svg.text((20.0, 26.0), Anchor::Start, "title", title);
    legend(&mut svg, 54.0, &timed);
    for tick in ticks {
        let class = if (tick - 1.0).abs() < f64::EPSILON {
            "one"
        } else {
            "axis"
        };
        svg.line((x(tick), HEAD), (x(tick), bottom), class);
        let label = format!("{tick}");
        svg.text((x(tick), bottom + 18.0), Anchor::Middle, "small", &label);
    }
    for (index, (group, mode)) in rows.iter().enumerate() {
        let y = y(index);
        let name = group.title_in(*mode);
        svg.text((LEFT - 14.0, y + 4.5), Anchor::End, "", &name);
        // Those that are compared are above what they are compared with.
        for of in timed.iter().rev() {
            if let Some(ratio) = report.mean(*group, *mode, *of) {
                svg.bar((x(ratio.low), x(ratio.high)), y, colour(*of));
                svg.dot((x(ratio.median), y), 5.5, colour(*of));
            }
        }
    }
    svg.finish(title)
}

/// The bytes of the realistic functions on each architecture, divided by those of `core`.
pub fn sizes(report: &Report) -> String {
    let shown = [Implementation::Ours, Implementation::C];
    let bytes = |index: usize, of: Implementation| {
        let size = report.sizes.get(index)?;
        let sum = report.realistic_sum(size.counts.get(&of)?);
        #[expect(clippy::cast_precision_loss, reason = "code is small")]
        Some(sum.bytes as f64)
    };
    let ratio = |index, of| Some(bytes(index, of)? / bytes(index, Implementation::Core)?);
    let count = report.sizes.len();
    let highest = (0..count)
        .flat_map(|index| shown.map(|of| ratio(index, of).unwrap_or_default()))
        .fold(1.25, f64::max);
    let x = |ratio: f64| LEFT - 160.0 + ratio / highest * (RIGHT - LEFT + 110.0);
    #[expect(clippy::cast_precision_loss, reason = "there are few rows")]
    let y = |row: usize| HEAD + row as f64 * ROW;
    let bottom = y(count);
    let mut svg = Svg::new(WIDTH, bottom + 44.0);
    let title = format!(
        "Bytes of {} functions, divided by those with core's atomics (less is smaller)",
        report.functions.len() - report.operations().count()
    );
    svg.text((20.0, 26.0), Anchor::Start, "title", &title);
    legend(&mut svg, 54.0, &shown);
    for tick in [0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0] {
        if tick > highest {
            continue;
        }
        let class = if (tick - 1.0_f64).abs() < f64::EPSILON {
            "one"
        } else {
            "axis"
        };
        svg.line((x(tick), HEAD - 6.0), (x(tick), bottom), class);
        let label = format!("{tick}");
        svg.text((x(tick), bottom + 18.0), Anchor::Middle, "small", &label);
    }
    for (index, size) in report.sizes.iter().enumerate() {
        let top = y(index);
        let at = (LEFT - 174.0, top + ROW / 2.0 + 1.0);
        svg.text(at, Anchor::End, "", &size.name());
        for (row, of) in shown.into_iter().enumerate() {
            let Some(ratio) = ratio(index, of) else {
                continue;
            };
            let top = if row == 0 { top + 3.0 } else { top + 16.0 };
            svg.rectangle((x(0.0), top), (x(ratio) - x(0.0), 11.0), colour(of));
            let label = format!("{ratio:.2}");
            // In a column, where no line of the axis crosses it.
            svg.text((WIDTH - 20.0, top + 10.0), Anchor::End, "small", &label);
        }
    }
    svg.finish(&title)
}
