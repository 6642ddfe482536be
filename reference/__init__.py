"""What is made from the code for readers: .env.example, the tables of docs/, the dashboards."""
