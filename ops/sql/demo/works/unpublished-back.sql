alter publication bangioc add table :"table";
