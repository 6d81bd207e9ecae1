"""Exports of log services: CloudWatch, Loki, Elasticsearch, Splunk, Datadog and others."""
