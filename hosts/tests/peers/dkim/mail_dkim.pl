#!/usr/bin/perl
# Mail::DKIM behind the command of dkimpy.py, which says what it prints and writes.
use strict;
use warnings;

use Mail::DKIM::DNS;
use Mail::DKIM::Signer;
use Mail::DKIM::Verifier;
use Net::DNS;

package Zone;

# What Mail::DKIM asks of a resolver.
sub new {
    my ($class, $path) = @_;
    my %records;
    open my $file, '<', $path or die "$path: $!";
    while (my $line = <$file>) {
        chomp $line;
        my ($name, $record) = split / /, $line, 2;
        $record =~ s/\\x(..)/chr hex $1/ge;
        push @{ $records{$name} }, $record;
    }
    return bless { records => \%records, error => '' }, $class;
}

sub errorstring { return $_[0]{error} }

sub send {
    my ($self, $name, $type) = @_;
    my $found = $self->{records}{ lc $name =~ s/\.$//r };
    my $packet = Net::DNS::Packet->new($name, $type);
    $packet->header->qr(1);
    $self->{error} = 'NOERROR';
    if (!$found) {
        $packet->header->rcode('NXDOMAIN');
        $self->{error} = 'NXDOMAIN';
    } elsif ($found->[0] eq '!servfail') {
        $self->{error} = 'query timed out';
        return undef;
    } elsif ($found->[0] ne '!nodata') {
        for my $record (@$found) {
            my @strings = unpack '(a255)*', $record;
            $packet->push(answer => Net::DNS::RR->new(name => $name, type => 'TXT', ttl => 60, txtdata => \@strings));
        }
    }
    return $packet;
}

sub query {
    my ($self, @question) = @_;
    my $packet = $self->send(@question);
    return $packet && $packet->header->ancount ? $packet : undef;
}

package main;

sub octets {
    my ($path) = @_;
    open my $file, '<:raw', $path or die "$path: $!";
    local $/;
    return scalar(<$file>) // '';
}

sub verify {
    my ($zone, @mails) = @_;
    my $resolver = Zone->new($zone);
    Mail::DKIM::DNS::resolver($resolver);
    for my $mail (@mails) {
        my $said = eval {
            my $verifier = Mail::DKIM::Verifier->new;
            $verifier->PRINT(octets($mail));
            $verifier->CLOSE;
            my @details = map { $_->result_detail } $verifier->signatures;
            my ($bad) = grep { $_ ne 'pass' } @details;
            # A field that cannot be read is no signature to it, and only the result tells.
            @details && !$bad ? 'pass' : 'fail ' . ($bad // $verifier->result_detail);
        } // "raises $@";
        $said =~ s/\s+/ /g;
        print "$said\n";
    }
}

sub sign {
    my ($selector, $domain, $key, $algorithm, $header, $body, @mails) = @_;
    for my $mail (@mails) {
        my $message = octets($mail);
        my $signer = Mail::DKIM::Signer->new(
            Algorithm => $algorithm, Method => "$header/$body", Domain => $domain, Selector => $selector, KeyFile => $key);
        $signer->PRINT($message);
        $signer->CLOSE;
        open my $out, '>:raw', "$mail.signed" or die "$mail.signed: $!";
        print $out $signer->signature->as_string, "\r\n", $message;
    }
}

my %verbs = (verify => \&verify, sign => \&sign);
my $verb = shift @ARGV;
$verbs{$verb}->(@ARGV);
