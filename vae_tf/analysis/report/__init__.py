"""The report: an index of all runs and studies, and a self-contained page for each of them."""

from vae_tf.analysis.report.page import write_report
from vae_tf.analysis.report.reported_run import ReportedRun
from vae_tf.analysis.report.states import badges

__all__ = ["ReportedRun", "badges", "write_report"]
