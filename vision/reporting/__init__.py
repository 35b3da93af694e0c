"""From evaluations to a report: read and check, sum up, write the pages, draw the figures."""
