//! A screenful of styled text, as a value.

use super::visible;

/// How a piece of text looks. Colour never says anything that text or shape does not say as well.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Style {
    pub(crate) bold: bool,
    pub(crate) dim: bool,
    pub(crate) underlined: bool,
    pub(crate) reversed: bool,
    /// One of the sixteen colours that every terminal has, which its owner may have chosen.
    pub(crate) colour: Option<u8>,
}

impl Style {
    pub(crate) const PLAIN: Self = Self { bold: false, dim: false, underlined: false, reversed: false, colour: None };
    pub(crate) const BOLD: Self = Self { bold: true, ..Self::PLAIN };
    pub(crate) const DIM: Self = Self { dim: true, ..Self::PLAIN };
    pub(crate) const UNDERLINED: Self = Self { underlined: true, ..Self::PLAIN };
    pub(crate) const REVERSED: Self = Self { reversed: true, ..Self::PLAIN };

    pub(crate) const fn coloured(self, colour: u8) -> Self {
        Self { colour: Some(colour), ..self }
    }
}

/// One row: pieces of text beside each other. What is put into it must be clean: see [`visible`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) spans: Vec<(String, Style)>,
}

impl Row {
    /// A row of one piece.
    pub(crate) fn of(text: impl Into<String>, style: Style) -> Self {
        Self { spans: vec![(text.into(), style)] }
    }

    /// Adds a piece at the right end.
    pub(crate) fn push(&mut self, text: impl Into<String>, style: Style) {
        let text = text.into();
        if !text.is_empty() {
            self.spans.push((text, style));
        }
    }

    /// With a piece more at the right end.
    pub(crate) fn with(mut self, text: impl Into<String>, style: Style) -> Self {
        self.push(text, style);
        self
    }

    /// How many columns it takes.
    pub(crate) fn width(&self) -> usize {
        self.spans.iter().map(|(text, _)| visible::width(text)).sum()
    }

    /// Exactly so many columns: cut, or filled up with spaces.
    pub(crate) fn fitted(self, columns: usize) -> Self {
        let mut fitted = Self::default();
        let mut left = columns;
        for (text, style) in self.spans {
            let text = visible::cut(&text, left);
            left -= visible::width(&text);
            fitted.push(text, style);
        }
        fitted.push(" ".repeat(left), Style::PLAIN);
        fitted
    }

    /// Beside another row.
    pub(crate) fn beside(mut self, other: Self) -> Self {
        self.spans.extend(other.spans);
        self
    }

    /// Its text alone.
    #[cfg(test)]
    pub(crate) fn text(&self) -> String {
        self.spans.iter().map(|(text, _)| text.as_str()).collect()
    }
}

/// A screenful.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Grid {
    pub(crate) rows: Vec<Row>,
    /// Column and row of the cursor.
    pub(crate) cursor: (u16, u16),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fitted_row_has_its_width_whatever_it_holds() {
        for text in ["", "short", "much too long for it", "日本語日本語"] {
            for columns in 0..12 {
                let row = Row::of(text, Style::PLAIN).with("end", Style::BOLD).fitted(columns);
                assert_eq!(row.width(), columns, "{text} {columns}");
            }
        }
    }
}
