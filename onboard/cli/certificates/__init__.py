"""The commands about authorities, certificates and challenges: what the state folder keeps."""
