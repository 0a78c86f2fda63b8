//! Queries that run together: one transaction, one round trip, one answer of the same shape.

use super::query::{Query, Statement};
use super::row::{Rows, Unreadable};

/// Queries that run in one transaction, in their order.
///
/// Implemented for a [`Query`], for tuples, `Vec` and `Option` of batches, and so for any nesting of
/// these. A verdict made of several statements implements it too.
pub trait Batch {
    /// What is read from the answers.
    type Output;

    /// Moves the statements out, in the order in which they run.
    fn prepare(&mut self, statements: &mut Vec<Statement>);

    /// Reads as many answers as there were statements.
    fn read(&self, answers: &mut dyn Iterator<Item = Rows>) -> Result<Self::Output, Unreadable>;

    /// The same statements, with something else made of their answers.
    fn map<T, F: Fn(Self::Output) -> T>(self, made: F) -> Map<Self, F>
    where
        Self: Sized,
    {
        Map { batch: self, made }
    }
}

/// See [`Batch::map`].
pub struct Map<B, F> {
    batch: B,
    made: F,
}

impl<T, B: Batch, F: Fn(B::Output) -> T> Batch for Map<B, F> {
    type Output = T;

    fn prepare(&mut self, statements: &mut Vec<Statement>) {
        self.batch.prepare(statements);
    }

    fn read(&self, answers: &mut dyn Iterator<Item = Rows>) -> Result<T, Unreadable> {
        self.batch.read(answers).map(&self.made)
    }
}

impl<T> Batch for Query<T> {
    type Output = T;

    fn prepare(&mut self, statements: &mut Vec<Statement>) {
        statements.push(std::mem::take(&mut self.statement));
    }

    fn read(&self, answers: &mut dyn Iterator<Item = Rows>) -> Result<T, Unreadable> {
        (self.read)(&answers.next().ok_or(Unreadable::NoAnswer)?)
    }
}

impl<B: Batch> Batch for Vec<B> {
    type Output = Vec<B::Output>;

    fn prepare(&mut self, statements: &mut Vec<Statement>) {
        for batch in self {
            batch.prepare(statements);
        }
    }

    fn read(&self, answers: &mut dyn Iterator<Item = Rows>) -> Result<Self::Output, Unreadable> {
        self.iter().map(|batch| batch.read(answers)).collect()
    }
}

impl<B: Batch> Batch for Option<B> {
    type Output = Option<B::Output>;

    fn prepare(&mut self, statements: &mut Vec<Statement>) {
        if let Some(batch) = self {
            batch.prepare(statements);
        }
    }

    fn read(&self, answers: &mut dyn Iterator<Item = Rows>) -> Result<Self::Output, Unreadable> {
        self.as_ref().map(|batch| batch.read(answers)).transpose()
    }
}

macro_rules! tuples {
    ($($name:ident)*) => {
        #[allow(non_snake_case, unused_variables, reason = "one for every length")]
        impl<$($name: Batch),*> Batch for ($($name,)*) {
            type Output = ($($name::Output,)*);

            fn prepare(&mut self, statements: &mut Vec<Statement>) {
                let ($($name,)*) = self;
                $($name.prepare(statements);)*
            }

            fn read(&self, answers: &mut dyn Iterator<Item = Rows>) -> Result<Self::Output, Unreadable> {
                let ($($name,)*) = self;
                Ok(($($name.read(answers)?,)*))
            }
        }
    };
}

tuples!();
tuples!(A);
tuples!(A B);
tuples!(A B C);
tuples!(A B C D);
tuples!(A B C D E);
tuples!(A B C D E F);
tuples!(A B C D E F G);
tuples!(A B C D E F G H);

#[cfg(test)]
mod tests {
    use super::super::query::sql;
    use super::super::value::Value;
    use super::*;

    /// An answer of one number, as many rows of it, and as many changes.
    fn answer(number: i64) -> Rows {
        Rows {
            columns: vec!["n".to_owned()],
            rows: vec![vec![Value::Integer(number)]],
            changes: usize::try_from(number).unwrap(),
        }
    }

    #[test]
    fn answers_come_back_in_the_shape_of_the_questions() {
        let number = |sql| sql!(sql).one::<(i64,)>();
        let mut batch = (
            number("a"),
            (vec![number("b"), number("c")], None::<Query<()>>),
            Some(number("d").map(|(n,)| n * 10)),
            sql!("e").changes(),
        );
        let mut statements = Vec::new();
        batch.prepare(&mut statements);
        let texts: Vec<_> = statements.iter().map(|it| it.sql.as_ref()).collect();
        assert_eq!(texts, ["a", "b", "c", "d", "e"]);
        let mut answers = (1..=5).map(answer);
        let ((a,), (list, none), d, changed) = batch.read(&mut answers).unwrap();
        assert_eq!((a, d, changed, none), (1, Some(40), 5, None));
        assert_eq!(list, [(2,), (3,)]);
        assert!(answers.next().is_none());
    }

    #[test]
    fn fewer_answers_than_questions_are_an_error() {
        let query = sql!("select 1").run();
        let mut answers = std::iter::empty();
        assert_eq!((query, ()).read(&mut answers), Err(Unreadable::NoAnswer));
    }
}
