"""Linux computers: the enrolment script that certmonger runs, and the files that hold networks."""
