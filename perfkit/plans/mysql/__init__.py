"""Plans of MariaDB and MySQL, told in the words of the plan model."""
