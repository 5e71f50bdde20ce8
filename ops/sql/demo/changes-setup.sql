-- Numbers that the invented changes take their new keys from. Beside the department's tables, not captured.
-- They begin again in a long run, so whoever takes one minds a key that is taken.
create sequence dept.demo_number maxvalue 39999 cycle;
create sequence dept.demo_sheet maxvalue 3800 cycle;
