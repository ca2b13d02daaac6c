"""``python -m conformance.demo``: both sites for use by hand, at the addresses that README.md names."""

import threading

import click

from conformance.sites import ADMINISTRATOR, CUSTOMER, PASSWORD, stub_sites

SIMULATOR_PORT, PORTAL_PORT = 5001, 5002


def main() -> None:
    """Serve both sites until Ctrl-C. Ends with a plain sentence when a port is taken."""
    try:
        with stub_sites({"encrypted": True}, ports=(SIMULATOR_PORT, PORTAL_PORT)) as sites:
            click.echo(
                f"""
The portal               {sites.portal}/login
Its administrator        {ADMINISTRATOR}  password: {PASSWORD}
A customer               {CUSTOMER.email}  password: {PASSWORD}
Log in with a password   {sites.portal}/login/normal
The identity provider    {sites.simulator}/

Open the portal in a browser on this machine: choose a person and a scenario, and sign in.
As the administrator:
What was wrong with each login             {sites.portal}/admin/attempts
Check an identity provider or login page   {sites.portal}/admin/check
Single sign-on, Admin > Security           {sites.portal}/admin/security

Accounts and keys last until you stop both sites with Ctrl-C.
"""
            )
            threading.Event().wait()
    except OSError as error:
        raise SystemExit(
            f"Port {SIMULATOR_PORT} or {PORTAL_PORT} cannot be used ({error.strerror}). Free both ports and try again."
        ) from None
    except KeyboardInterrupt:
        click.echo("Stopped.")


if __name__ == "__main__":
    main()
