"""The report: every run and picture on one page that needs nothing else."""

from vae_tf.analysis.report.page import ReportedRun, write_report

__all__ = ["ReportedRun", "write_report"]
