-- weight: 2. Money is disbursed.
\set i random(0, 199)
\set p random(0, 9999)
update ethnic_programme set progress_percent = :p / 100.0, disbursed_million = round(budget_million * :p / 10000, 3), status = 'running', updated_at = clock_timestamp() where project_code like '%-' || lpad(:i::text, 4, '0');
