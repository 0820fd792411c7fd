"""Organization -> a FreeRADIUS 3.2 configuration: EAP-TLS only, trust, CRLs, networks and VLANs by group.

It says the same as the payloads: groups, authorities and networks are those of org.yaml, and a certificate of
the SCEP server is let in where its group may go and nowhere else.
"""

from onboard.radius.config_file import ConfigFile
from onboard.radius.files import build
from onboard.radius.judging import dns_names, judge_chain, judge_server
from onboard.radius.policy import Policy, make_policy
from onboard.radius.recipes import recipes
from onboard.radius.settings import Client, ServerCertificate, Settings, clients_of, load_server
from onboard.radius.writing import write_folder

__all__ = [
    "Client",
    "ConfigFile",
    "Policy",
    "ServerCertificate",
    "Settings",
    "build",
    "clients_of",
    "dns_names",
    "judge_chain",
    "judge_server",
    "load_server",
    "make_policy",
    "recipes",
    "write_folder",
]
