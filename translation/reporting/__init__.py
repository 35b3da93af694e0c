"""From evaluations to a report: read and check, sum up, write the page, draw the figures."""
