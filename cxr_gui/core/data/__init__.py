"""What a dataset consists of: folders, tables of labels, records, patients, splits; what an audit finds."""
