"""Dashboards for Grafana, made from the definitions of the metrics."""
