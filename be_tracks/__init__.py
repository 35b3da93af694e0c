"""What the tracks share that is no method: command line, errors, whole folders, figures' looks."""
