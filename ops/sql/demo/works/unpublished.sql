-- Out of the publication, and back.
alter publication bangioc drop table :"table";
