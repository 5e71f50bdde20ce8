-- What a store's server writes into its log for the store's owner. Read by store-access.sql and
-- open-store-access.sql as a superuser; wants the variable `owner`.
--
-- `log` stands above `error` here: connections and slow statements are still told, statements that fail are not.
alter role :"owner" set log_min_messages = 'log';
alter role :"owner" set log_min_error_statement = 'panic';
-- Without DETAIL, CONTEXT and the values of parameters.
alter role :"owner" set log_error_verbosity = 'terse';
alter role :"owner" set log_parameter_max_length = 0;
alter role :"owner" set log_parameter_max_length_on_error = 0;
-- A plan shows them as well. These mean nothing where the extension is not loaded.
alter role :"owner" set auto_explain.log_min_duration = -1;
alter role :"owner" set pgaudit.log_parameter = off;
