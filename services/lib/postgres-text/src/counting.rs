//! Does an index know every row of its table? A damaged one, or one from before the system's collations changed, does
//! not, and everything that reads by key leaves the same rows out without a word.
//!
//! Two questions, to be asked within one transaction that sees one state of the table; each ends in one number.

/// To be run before them, by itself: servers before 13 give all that comes together one time. A table whose rows can all
/// be read can be counted.
pub const TAKING_ITS_TIME: &str = "set local statement_timeout = '10min'";

const PLAIN: &str = "set local jit = off; set local max_parallel_workers_per_gather = 0";

fn with(on: &[&str], off: &[&str], question: &str) -> String {
    let mut sql = PLAIN.to_owned();
    for (names, value) in [(on, "on"), (off, "off")] {
        for name in names {
            sql.push_str("; set local enable_");
            sql.push_str(name);
            sql.push_str(" = ");
            sql.push_str(value);
        }
    }
    format!("{sql}; {question}")
}

const BY_INDEX: [&str; 2] = ["indexscan", "indexonlyscan"];
const BY_TABLE: [&str; 1] = ["seqscan"];

/// How many rows lie in the table (quoted), and how many the index of `order` leads to, columns of `s`.
pub fn questions(table: &str, order: &str) -> [String; 2] {
    [by_table(table), by_index(table, order)]
}

fn by_table(table: &str) -> String {
    let off = [&BY_INDEX[..], &["bitmapscan"]].concat();
    with(&BY_TABLE, &off, &format!("select count(*) from {table} as s"))
}

fn by_index(table: &str, order: &str) -> String {
    let off = [&BY_TABLE[..], &["bitmapscan", "sort"]].concat();
    let question =
        format!("select count(*) from (select from {table} as s order by {order} offset 0) as r");
    with(&BY_INDEX, &off, &question)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reads_in_its_own_way_alone() {
        let [table, index] = questions("\"a\".\"t\"", "s.\"k\"");
        assert!(
            table.contains("enable_seqscan = on") && table.contains("enable_indexonlyscan = off")
        );
        assert!(
            index.contains("enable_seqscan = off") && index.contains("enable_indexonlyscan = on")
        );
        assert!(table.ends_with("; select count(*) from \"a\".\"t\" as s"));
    }
}
